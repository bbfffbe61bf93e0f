-- 1: who gets it stands in its batches alone; `recipient` has those who do not get it, and why. 0: `recipient` has everybody.
alter table occurrence add column packed integer not null default 0 check (packed in (0, 1));

-- One call to LINE, as before, in another order: what changes stands first and what is long stands last, so that an attempt is
-- written down without writing the body, pages of it, once more.
create table batch_in_order (
    batch_id integer primary key,
    occurrence_id integer not null references occurrence,
    number integer not null,
    -- multicast: many get the same; push: one person gets something of their own.
    kind text not null default 'multicast' check (kind in ('multicast', 'push')),
    recipients integer not null,
    -- planned, attempting, paused_quota, paused_auth; final: accepted, rejected, in_doubt, superseded.
    state text not null,
    attempts integer not null default 0,
    -- Attempts of which nobody knows whether LINE accepted them.
    unanswered integer not null default 0,
    first_attempt_at integer,
    last_attempt_at integer,
    -- As many bytes as a first attempt adds, which takes them from here: what stays as long as it was is changed in its place.
    pad blob not null default x'000000000000000000000000000000',
    -- No first call earlier than this.
    not_before integer not null default 0,
    finished_at integer,
    -- LINE's name for the request that it accepted or refused.
    request_id text,
    -- The status with which LINE refused it last.
    code integer,
    reason text,
    -- 1: these bytes name somebody who was erased. LINE may have accepted them, so that they stay as they are until the batch is
    -- over, and no longer.
    forgets integer not null default 0 check (forgets in (0, 1)),
    retry_key text not null unique,
    body_sha256 blob not null,
    -- The least and the greatest of its members, where they stand here alone.
    first_member blob,
    last_member blob,
    -- Time zones and quiet hours of its members, as JSON; null if they have none.
    clocks text,
    -- Whom it is for: member IDs of 16 bytes, in the order of its `to`.
    members blob,
    -- The only place that holds LINE user IDs; null once they are not needed any more.
    body blob,
    unique (occurrence_id, number)
) strict;

insert into batch_in_order (batch_id, occurrence_id, number, kind, recipients, state, attempts, unanswered, first_attempt_at,
    last_attempt_at, not_before, finished_at, request_id, code, reason, forgets, retry_key, body_sha256, clocks, members, body)
select batch_id, occurrence_id, number, kind, recipients, state, attempts, unanswered, first_attempt_at,
    last_attempt_at, not_before, finished_at, request_id, code, reason, forgets, retry_key, body_sha256, clocks, members, body
from batch;

drop table batch;
alter table batch_in_order rename to batch;

create index batch_with_body on batch (occurrence_id) where body is not null;

-- For the frequency cap; and nobody's batch can be written down twice.
create unique index batch_of_members on batch (occurrence_id, kind, first_member, last_member) where first_member is not null;
