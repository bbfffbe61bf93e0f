-- 1: who gets it stands in its batches alone; `recipient` has those who do not get it, and why. 0: `recipient` has everybody.
alter table occurrence add column packed bigint not null default 0 check (packed in (0, 1));

-- The least and the greatest of its members, where they stand here alone.
alter table batch add column first_member bytea;
alter table batch add column last_member bytea;

-- For the frequency cap; and nobody's batch can be written down twice.
create unique index batch_of_members on batch (occurrence_id, kind, first_member, last_member) where first_member is not null;

-- Digits do not get shorter by much, and looking whether they do costs more than all the rest.
alter table batch alter column body set storage external;
alter table batch alter column members set storage external;

-- An attempt is written down in the page that the batch is in, and touches no index.
alter table batch set (fillfactor = 40);
