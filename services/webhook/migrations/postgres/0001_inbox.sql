-- Every event that LINE delivered, once. Times are Unix milliseconds.
create table event (
    event_id bigint generated always as identity primary key,
    -- The bot that it is for.
    channel text not null,
    -- LINE's webhookEventId, or a digest of an event that has none.
    event_key text not null,
    -- The group, the room, or the person; null where LINE names none. Events of one conversation are taken in order.
    conversation text,
    -- LINE's ID of the message that the event brings; it may be taken back.
    message_id text,
    -- When it happened by LINE's clock, or when it came if LINE's time cannot be believed.
    event_at bigint not null,
    received_at bigint not null,
    -- The event as LINE wrote it; emptied when it is done.
    raw bytea not null,
    -- stale: too old when it came, never acted on. parked: given up, for an operator to see.
    state text not null check (state in ('pending', 'done', 'stale', 'parked')),
    -- How often it was taken up. Whoever finishes must still own this attempt.
    attempt bigint not null default 0,
    -- When it is to be taken up: as it comes, after a pause, or when the lease of whoever has it ends.
    due_at bigint not null,
    -- Taken up, and nobody else's until then.
    lease_until bigint,
    -- Later events of the conversation wait for it until then, counted from the first attempt.
    held_until bigint,
    -- What went wrong last: a kind, nothing personal.
    last_error text,
    -- null: not tried. sending: tried, LINE's answer unknown. accepted, refused: LINE answered, never to be tried again.
    reply text check (reply in ('sending', 'accepted', 'refused')),
    reply_attempted_at bigint,
    unique (channel, event_key)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- What these say beside the state is always true of the rows that are looked for; it keeps statements that look for other rows
-- from choosing them, however wrong the planner's statistics are.
create index event_due on event (due_at, event_id) where state = 'pending' and due_at >= 0;
create index event_conversation on event (channel, conversation, event_at, event_id)
    where state = 'pending' and conversation is not null;
create index event_finished on event (received_at) where state in ('done', 'stale', 'parked');
create index event_parked on event (event_id) where state = 'parked';

-- Messages that were taken back. Nothing of them is kept or answered, whichever comes first.
create table unsent (
    channel text not null,
    message_id text not null,
    received_at bigint not null,
    primary key (channel, message_id)
);

create index unsent_received on unsent (received_at);

-- Signed bytes that are no events: kept aside for people to look at.
create table quarantine (
    quarantine_id bigint generated always as identity primary key,
    channel text not null,
    received_at bigint not null,
    -- not-a-delivery, other-destination, malformed-event
    reason text not null,
    raw bytea not null,
    -- SHA-256 of the bytes: the same ones are kept once, however often they come.
    digest bytea not null,
    unique (channel, digest)
);

create index quarantine_received on quarantine (received_at);
