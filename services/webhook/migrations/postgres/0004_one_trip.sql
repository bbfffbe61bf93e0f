-- A trip for each statement costs more than the statements do. A statement of a function sees all that was committed before it
-- began, so that whoever has its turn sees what was done in the turn before.

-- Replicas search for work one after the other: two that looked at once could each take up an event of the same conversation.
create function wait_for_turn() returns void language sql as 'select pg_advisory_xact_lock(7236549)';
create function take_turn_if_free() returns boolean language sql as 'select pg_try_advisory_xact_lock(7236549)';

-- Takes up events that are due, up to `most`, once as many of those that just came are lined up: what happened first is lined up
-- first, so that nothing that comes late is overtaken by what happened after it.
--
-- An event is due unless another of its conversation is in flight, or is older and still has its turn. Not all that is due is
-- looked at, for one conversation may have written all of it.
--
-- The lease is also the mark that a reply may be under way: it is committed before, and taken away by the end alone. Whoever takes
-- up an event with the lease of another has to reckon with it.
--
-- `any (array (…))` is looked up once, and `offset 0` keeps questions about others from being made into a join or a hash of all:
-- both hold however wrong the planner's statistics are.
create function take_up(moment bigint, most bigint, leased_until bigint, hold_until bigint, past_due bigint, past_id bigint, look bigint)
    returns table (
        event_id bigint, attempt bigint, channel text, event_key text, conversation text, event_at bigint, received_at bigint,
        lease_until bigint, raw bytea, last_error text, reply text, unsent boolean)
    language plpgsql as $$
#variable_conflict use_column
begin
    perform wait_for_turn();
    update event set in_line = true
    where event_id = any (array (
        select event_id from event
        where state = 'pending' and not in_line
        order by event_at, event_id
        limit most))
      and state = 'pending';
    return query
    update event
    set attempt = attempt + 1,
        reply = case when reply is null and lease_until is not null then 'sending' else reply end,
        lease_until = leased_until,
        due_at = leased_until,
        held_until = coalesce(held_until, hold_until)
    where event_id = any (array (
        select due.event_id
        from (
            select * from event
            where state = 'pending' and in_line and due_at <= moment and (due_at, event_id) > (past_due, past_id)
            order by due_at, event_id
            limit look) due
        where not exists (
            select 1
            from event other
            where other.channel = due.channel
              and other.conversation = due.conversation
              and other.state = 'pending' and other.in_line
              and other.event_id <> due.event_id
              and coalesce(other.held_until, moment + 1) > moment
              and (other.lease_until > moment
                   or (other.event_at, other.event_id) < (due.event_at, due.event_id))
            order by other.channel, other.conversation, other.event_at, other.event_id
            offset 0)
        order by due.due_at, due.event_id
        limit most))
      -- Asked again, for an attempt whose lease has run out may have ended in this very moment.
      and state = 'pending' and due_at <= moment
    returning event_id, attempt, channel, event_key, conversation, event_at, received_at, lease_until, raw, last_error, reply,
        exists (
            select 1 from unsent
            where unsent.channel = event.channel and unsent.message_id = event.message_id
            offset 0);
end
$$;

-- Stores events, each in the line of its conversation, and takes up those that may be the first there, as `firsts` says, and are:
-- unless somebody else has the turn, or something waits to be lined up that may have to stand before, or to be taken up. Then they
-- are stored and nothing more.
--
-- Replicas that insert the same events do so in the same order, that of the arrays, so that none waits for the other in a circle.
create function take_up_at_once(
        channels text[], event_keys text[], conversations text[], message_ids text[], event_ats bigint[], received_ats bigint[],
        raws bytea[], states text[], firsts boolean[], moment bigint, leased_until bigint, hold_until bigint)
    returns table (event_key text, event_id bigint, attempt bigint, unsent boolean)
    language plpgsql as $$
#variable_conflict use_column
declare
    our_turn boolean := take_turn_if_free();
begin
    return query
    with free as materialized (
        select our_turn
            and not exists (select 1 from event where state = 'pending' and not in_line)
            and not coalesce(moment >= (
                select due_at from event
                where state = 'pending' and in_line
                order by due_at, event_id
                limit 1), false) as at_once),
    new as materialized (
        select new.*, at_once, at_once and first and not exists (
            select 1 from event other
            where other.channel = new.channel and other.conversation = new.conversation
              and other.state = 'pending' and other.in_line
            order by other.channel, other.conversation, other.event_at, other.event_id
            offset 0) as mine
        from unnest(channels, event_keys, conversations, message_ids, event_ats, received_ats, raws, states, firsts)
            as new (channel, event_key, conversation, message_id, event_at, received_at, raw, state, first),
            free)
    insert into event
        (channel, event_key, conversation, message_id, event_at, received_at, raw, state, in_line,
        attempt, due_at, lease_until, held_until)
    select channel, event_key, conversation, message_id, event_at, received_at, raw, state, at_once,
        mine::int, case when mine then leased_until else received_at end, case when mine then leased_until end,
        case when mine then hold_until end
    from new
    on conflict (channel, event_key) do nothing
    returning event_key, event_id, attempt,
        exists (
            select 1 from unsent
            where unsent.channel = event.channel and unsent.message_id = event.message_id
            offset 0);
end
$$;
