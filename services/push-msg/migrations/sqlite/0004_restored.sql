-- The ledger comes from a backup of before this moment: whatever was due until then may have been sent without its knowing.
alter table channel add column restored_at integer not null default 0;
