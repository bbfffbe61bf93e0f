-- Whether an event stands in the line of its conversation. Those that only just came do not yet: where they would stand, each in
-- another place, is looked for when the worker comes to them, so that who delivers them need not wait for it.
alter table event add column in_line boolean not null default false;
update event set in_line = true where state = 'pending';

drop index event_due;
drop index event_conversation;
create index event_new on event (event_at, event_id) where state = 'pending' and not in_line;
create index event_due on event (due_at, event_id) where state = 'pending' and in_line;
create index event_conversation on event (channel, conversation, event_at, event_id) where state = 'pending' and in_line;
