-- How many occurrences with a frequency cap were frozen: who judges a cap sees by it that another one came in between.
alter table channel add column capped_freezes bigint not null default 0;
