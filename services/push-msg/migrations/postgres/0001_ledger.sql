-- How far each campaign's schedule has been looked at: what lies behind and has no occurrence was never due.
create table campaign (
    campaign text collate "C" primary key,
    seen_until bigint not null,
    -- Of the document at the last look: what an edit adds to the past is never due.
    digest bytea
);

-- One moment at which a campaign was due. The unique key is why it fires once.
create table occurrence (
    occurrence_id bigint generated always as identity primary key,
    campaign text collate "C" not null,
    scheduled_at bigint not null,
    -- No first call later than this.
    not_after bigint not null,
    -- planned, materialised, sending, paused_quota, paused_auth;
    -- final: sent, partly, needs_attention, cancelled, missed, expired.
    state text not null,
    -- Why it is paused or needs attention, for people. Never holds personal data.
    reason text,
    recipients bigint not null default 0,
    excluded bigint not null default 0,
    -- The first call. No other batch is begun later than 23 hours after it.
    begun_at bigint,
    finished_at bigint,
    -- When its recipients were forgotten.
    forgotten_at bigint,
    -- Whose turn it is: who claims it counts attempt up; what was claimed before is then worth nothing.
    attempt bigint not null default 0,
    lease_until bigint not null default 0,
    -- The document that it was frozen with, and its digest: whatever the file says later, this is what is sent.
    document text,
    digest bytea,
    -- What an operator wants. Nothing new is begun then; what LINE may have accepted is asked to its end.
    control text check (control in ('pause', 'cancel')),
    -- Paused for want of quota until then, unless an operator resumes it.
    held_until bigint,
    -- 1: what it has not sent yet is set aside of the month's quota.
    reserves bigint not null default 0 check (reserves in (0, 1)),
    unique (campaign, scheduled_at)
);

create index occurrence_open on occurrence (scheduled_at) where finished_at is null;
create index occurrence_remembered on occurrence (finished_at) where forgotten_at is null;

-- Who gets it, frozen. The unique key is why nobody gets it twice.
create table recipient (
    occurrence_id bigint not null references occurrence,
    member_id uuid not null,
    -- The number of their batch; null if excluded.
    batch bigint,
    -- Why this member is left out.
    excluded text,
    primary key (occurrence_id, member_id)
);

-- One call to LINE, whatever it takes. Bytes and key stand before the first attempt and never change.
create table batch (
    batch_id bigint generated always as identity primary key,
    occurrence_id bigint not null references occurrence,
    number bigint not null,
    -- multicast: many get the same; push: one person gets something of their own.
    kind text not null check (kind in ('multicast', 'push')),
    recipients bigint not null,
    -- Whom it is for: member IDs of 16 bytes, in the order of its `to`.
    members bytea not null,
    -- Their time zones and quiet hours, as JSON; null if they have none.
    clocks text,
    -- The only place that holds LINE user IDs; null once they are not needed any more.
    body bytea,
    body_sha256 bytea not null,
    retry_key text not null unique,
    -- planned, attempting, paused_quota, paused_auth; final: accepted, rejected, in_doubt, superseded.
    state text not null,
    -- No first call earlier than this.
    not_before bigint not null default 0,
    attempts bigint not null default 0,
    -- Attempts of which nobody knows whether LINE accepted them.
    unanswered bigint not null default 0,
    first_attempt_at bigint,
    last_attempt_at bigint,
    finished_at bigint,
    -- LINE's name for the request that it accepted or refused.
    request_id text,
    -- The status with which LINE refused it last.
    code bigint,
    reason text,
    -- 1: these bytes name somebody who was erased. LINE may have accepted them, so that they stay as they are until the batch
    -- is over, and no longer.
    forgets bigint not null default 0 check (forgets in (0, 1)),
    unique (occurrence_id, number)
);

create index batch_with_body on batch (batch_id) where body is not null;

-- Up to which change of the members' API's feed people were forgotten.
create table feed (
    feed_id bigint primary key check (feed_id = 1),
    position bigint not null
);

insert into feed (feed_id, position) values (1, 0);

-- What concerns all of a channel. LINE has said that the month's quota is used up: nothing new is begun until then.
create table channel (
    channel_id bigint primary key check (channel_id = 1),
    quota_held_until bigint not null default 0
);

insert into channel (channel_id) values (1);

-- When the next call of a kind may be made, in microseconds by the server's clock: pushers take turns here.
create table pace (
    kind text primary key,
    free_at bigint not null
);

insert into pace (kind, free_at) values ('multicast', 0), ('push', 0);
