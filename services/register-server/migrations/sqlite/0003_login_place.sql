-- Logins that come from one address share one of 256 places, and a place that is full makes room by itself: nobody
-- pushes out the logins of everybody else. -1: begun by the release before this one.
alter table login add column place integer not null default -1;

create index login_by_place on login (place, login_id);

-- The path of the page that a member wants to see after signing in, if it is not the usual one.
alter table login add column next text;
