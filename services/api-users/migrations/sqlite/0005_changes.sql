-- Who left and who was erased, for whoever keeps something about people elsewhere. An entry comes with what it tells of.
create table change (
    change_id integer primary key,
    kind text not null check (kind in ('leaving', 'erased')),
    luid_digest blob not null, -- SHA-256 of the LINE user ID
    changed_at integer not null
) strict;

-- The number of the last entry, which outlives the entry: none is given twice.
create table feed (
    feed_id integer primary key check (feed_id = 1),
    last_change integer not null
) strict;

-- Whoever was erased before there was a feed is in it, too.
insert into change (change_id, kind, luid_digest, changed_at)
select row_number() over (order by erased_at, luid_digest), 'erased', luid_digest, erased_at from tombstone;

insert into feed (feed_id, last_change) select 1, count(*) from change;
