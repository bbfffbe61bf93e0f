-- Whoever signs in goes to the membership or to the form; there is nothing else to come back to.
alter table login drop column next;

-- A form that came back with errors is kept for the page that shows this kind. What was kept without one is dropped.
drop table kept_form;
create table kept_form (
    session_digest blob not null primary key references session (session_digest) on delete cascade,
    -- `register` or `update`.
    kind text not null,
    sealed blob not null
) strict, without rowid;
