-- Who left and who was erased, for whoever keeps something about people elsewhere. An entry comes with what it tells of.
create table change (
    change_id bigint not null primary key,
    kind text not null check (kind in ('leaving', 'erased')),
    luid_digest bytea not null, -- SHA-256 of the LINE user ID
    changed_at bigint not null
);

-- The number of the last entry, which outlives the entry: none is given twice. Whoever adds an entry holds this row until
-- the commit, so that entries are seen in the order of their numbers.
create table feed (
    feed_id integer primary key check (feed_id = 1),
    last_change bigint not null
);

-- Whoever was erased before there was a feed is in it, too.
insert into change (change_id, kind, luid_digest, changed_at)
select row_number() over (order by erased_at, luid_digest), 'erased', luid_digest, erased_at from tombstone;

insert into feed (feed_id, last_change) select 1, count(*) from change;
