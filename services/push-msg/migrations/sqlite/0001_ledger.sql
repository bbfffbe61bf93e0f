-- How far each campaign's schedule has been looked at: what lies behind and has no occurrence was never due.
create table campaign (
    campaign text primary key not null,
    seen_until integer not null
) strict;

-- One moment at which a campaign was due. The unique key is why it fires once.
create table occurrence (
    occurrence_id integer primary key,
    campaign text not null,
    scheduled_at integer not null,
    -- No first call later than this.
    not_after integer not null,
    -- planned, materialised, sending, paused_quota, paused_auth; final: sent, needs_attention, missed, expired.
    state text not null,
    -- Why it is paused or needs attention, for people. Never holds personal data.
    reason text,
    recipients integer not null default 0,
    excluded integer not null default 0,
    -- The first call. No other batch is begun later than 23 hours after it.
    begun_at integer,
    finished_at integer,
    -- When its recipients were forgotten.
    forgotten_at integer,
    -- Whose turn it is: who claims it counts attempt up; what was claimed before is then worth nothing.
    attempt integer not null default 0,
    lease_until integer not null default 0,
    unique (campaign, scheduled_at)
) strict;

create index occurrence_open on occurrence (scheduled_at) where finished_at is null;
create index occurrence_remembered on occurrence (finished_at) where forgotten_at is null;

-- Who gets it, frozen. The unique key is why nobody gets it twice.
create table recipient (
    occurrence_id integer not null references occurrence,
    member_id text not null,
    -- Which batch, and the place in its `to`, from 0; null if excluded.
    batch integer,
    place integer,
    -- Why this member is left out.
    excluded text,
    primary key (occurrence_id, member_id)
) strict, without rowid;

-- One call to LINE, whatever it takes. Bytes and key stand before the first attempt and never change.
create table batch (
    batch_id integer primary key,
    occurrence_id integer not null references occurrence,
    number integer not null,
    recipients integer not null,
    -- The only place that holds LINE user IDs; null once they are not needed any more.
    body blob,
    body_sha256 blob not null,
    retry_key text not null unique,
    -- planned, attempting, paused_quota, paused_auth; final: accepted, rejected, in_doubt.
    state text not null,
    attempts integer not null default 0,
    -- Attempts of which nobody knows whether LINE accepted them.
    unanswered integer not null default 0,
    first_attempt_at integer,
    last_attempt_at integer,
    finished_at integer,
    -- LINE's name for the request that it accepted or refused.
    request_id text,
    reason text,
    unique (occurrence_id, number)
) strict;

create index batch_with_body on batch (occurrence_id) where body is not null;
