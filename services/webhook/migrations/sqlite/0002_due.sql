-- When an event is to be taken up: as it comes, after a pause, or when the lease of whoever has it ends. What is not due
-- costs the search for work nothing.
drop index event_pending;
drop index event_conversation;
alter table event rename column next_attempt_at to due_at;
update event set due_at = lease_until where state = 'pending' and lease_until is not null;
create index event_due on event (due_at, event_id) where state = 'pending';
create index event_conversation on event (channel, conversation, event_at, event_id) where state = 'pending';

-- LINE's ID of the message that an event brings; it may be taken back.
alter table event add column message_id text;
update event set message_id = json_extract(cast(raw as text), '$.message.id')
where state in ('pending', 'parked') and json_valid(cast(raw as text));

-- Parked events, for an operator to find.
create index event_parked on event (event_id) where state = 'parked';

-- Messages that were taken back. Nothing of them is kept or answered, whichever comes first.
create table unsent (
    channel text not null,
    message_id text not null,
    received_at integer not null,
    primary key (channel, message_id)
) strict, without rowid;

create index unsent_received on unsent (received_at);
