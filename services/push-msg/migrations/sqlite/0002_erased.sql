-- Up to which change of the members' API's feed people were forgotten.
create table feed (
    feed_id integer primary key check (feed_id = 1),
    position integer not null
) strict;

insert into feed (feed_id, position) values (1, 0);

-- 1: these bytes name somebody who was erased. LINE may have accepted them, so that they stay as they are until the batch is
-- over, and no longer.
alter table batch add column forgets integer not null default 0 check (forgets in (0, 1));
