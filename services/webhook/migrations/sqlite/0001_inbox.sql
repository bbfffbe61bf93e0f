-- Every event that LINE delivered, once. Times are Unix milliseconds.
create table event (
    event_id integer primary key,
    -- The bot that it is for.
    channel text not null,
    -- LINE's webhookEventId, or a digest of an event that has none.
    event_key text not null,
    -- The group, the room, or the person; null where LINE names none. Events of one conversation are taken in order.
    conversation text,
    -- When it happened by LINE's clock, or when it came if LINE's time cannot be believed.
    event_at integer not null,
    received_at integer not null,
    -- The event as LINE wrote it; emptied when it is done.
    raw blob not null,
    -- stale: too old when it came, never acted on. parked: given up, for an operator to see.
    state text not null check (state in ('pending', 'done', 'stale', 'parked')),
    -- How often it was taken up. Whoever finishes must still own this attempt.
    attempt integer not null default 0,
    -- Taken up, and nobody else's until then.
    lease_until integer,
    -- Later events of the conversation wait for it until then, counted from the first attempt.
    held_until integer,
    next_attempt_at integer not null,
    -- What went wrong last: a kind, nothing personal.
    last_error text,
    -- null: not tried. sending: tried, LINE's answer unknown. accepted, refused: LINE answered, never to be tried again.
    reply text check (reply in ('sending', 'accepted', 'refused')),
    reply_attempted_at integer,
    unique (channel, event_key)
) strict;

create index event_pending on event (event_at, event_id) where state = 'pending';
create index event_conversation on event (channel, conversation, event_at, event_id) where state = 'pending';
create index event_finished on event (received_at) where state in ('done', 'stale', 'parked');

-- Signed bytes that are no events: kept aside for people to look at.
create table quarantine (
    quarantine_id integer primary key,
    channel text not null,
    received_at integer not null,
    -- not-a-delivery, other-destination, malformed-event
    reason text not null,
    raw blob not null,
    -- SHA-256 of the bytes: the same ones are kept once, however often they come.
    digest blob not null,
    unique (channel, digest)
) strict;

create index quarantine_received on quarantine (received_at);
