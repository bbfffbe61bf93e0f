-- Times are unix milliseconds.

create table member (
    member_id blob not null primary key, -- uuid v7
    luid text not null unique,
    display_name text not null,
    picture_url text,
    language text,
    time_zone text,
    status text not null check (status in ('active', 'leaving')),
    created_at integer not null,
    updated_at integer not null
) strict, without rowid;

create index member_by_age on member (created_at, member_id);

-- What people agreed to; the latest row of a purpose counts, the others are its history.
create table consent (
    consent_id integer primary key,
    member_id blob not null references member (member_id) on delete cascade,
    purpose text not null,
    version text not null,
    language text not null,
    granted integer not null check (granted in (0, 1)),
    channel text not null,
    changed_at integer not null
) strict;

create index consent_by_purpose on consent (member_id, purpose, consent_id);

-- By LINE user ID, because strangers follow and block too. The latest event counts.
create table friendship (
    luid text not null primary key,
    state text not null check (state in ('following', 'blocked')),
    event_at integer not null,
    event_id text not null
) strict, without rowid;

-- What is left of an erased person: enough to refuse what is dated before the erasure.
create table tombstone (
    luid_digest blob not null primary key, -- SHA-256 of the LINE user ID
    erased_at integer not null
) strict, without rowid;

create index tombstone_by_age on tombstone (erased_at);

-- When the file was last written anew, after erasures.
create table upkeep (
    upkeep_id integer primary key check (upkeep_id = 1),
    rebuilt_at integer not null
) strict;

insert into upkeep (upkeep_id, rebuilt_at) values (1, 0);

create view latest_consent as
select member_id, purpose, version, language, granted, channel, changed_at
from consent as candidate
where consent_id = (
    select max(consent_id) from consent
    where member_id = candidate.member_id and purpose = candidate.purpose
);

-- A member as the API shows them, consents as a JSON array.
create view member_document as
select
    member.member_id, member.luid, display_name, picture_url, member.language, time_zone, status,
    created_at, updated_at,
    coalesce(friendship.state, 'unknown') as friendship,
    (
        select json_group_array(json_object(
            'purpose', purpose, 'version', version, 'language', language,
            'granted', json(iif(granted, 'true', 'false')), 'channel', channel, 'changed_at', changed_at
        ) order by purpose)
        from latest_consent where latest_consent.member_id = member.member_id
    ) as consents
from member left join friendship on friendship.luid = member.luid;
