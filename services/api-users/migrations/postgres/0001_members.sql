-- Times are unix milliseconds. Text compares byte by byte, as in SQLite: which event ID is the later one must not hang
-- on the database's locale. A migration changes nothing that the version before still reads or writes.

create table member (
    member_id bytea not null primary key, -- uuid v7
    luid text collate "C" not null unique,
    display_name text not null,
    picture_url text,
    language text,
    time_zone text,
    status text not null check (status in ('active', 'leaving')),
    created_at bigint not null,
    updated_at bigint not null
);

create index member_by_age on member (created_at, member_id);

-- What people agreed to; the latest row of a purpose counts, the others are its history.
create table consent (
    consent_id bigint generated always as identity primary key,
    member_id bytea not null references member (member_id) on delete cascade,
    purpose text collate "C" not null,
    version text not null,
    language text not null,
    granted boolean not null,
    channel text not null,
    changed_at bigint not null
);

create index consent_by_purpose on consent (member_id, purpose, consent_id);

-- By LINE user ID, because strangers follow and block too. The latest event counts.
create table friendship (
    luid text collate "C" not null primary key,
    state text not null check (state in ('following', 'blocked')),
    event_at bigint not null,
    event_id text collate "C" not null
);

-- What is left of an erased person: enough to refuse what is dated before the erasure.
create table tombstone (
    luid_digest bytea not null primary key, -- SHA-256 of the LINE user ID
    erased_at bigint not null
);

create index tombstone_by_age on tombstone (erased_at);

-- When the tables were last cleared of erased rows.
create table upkeep (
    upkeep_id integer primary key check (upkeep_id = 1),
    rebuilt_at bigint not null
);

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
        select coalesce(json_agg(json_build_object(
            'purpose', purpose, 'version', version, 'language', language,
            'granted', granted, 'channel', channel, 'changed_at', changed_at
        ) order by purpose), '[]')::text
        from latest_consent where latest_consent.member_id = member.member_id
    ) as consents
from member left join friendship on friendship.luid = member.luid;
