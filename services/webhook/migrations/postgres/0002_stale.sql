-- Stale events, for erasures to find. There are few if any, so that it costs other events nothing.
create index event_stale on event (event_id) where state = 'stale';
