-- What is asked about many members at once. A migration changes nothing that the version before still reads or writes.

-- The state of the member's friendship, kept by the triggers, whichever version writes: what is asked of every member must
-- not need a look at another table, in another order. Who writes either holds the person's lock.
alter table member add column friendship text collate "C" not null default 'unknown';

update member set friendship = friendship.state from friendship where friendship.luid = member.luid;

create function member_has_friendship() returns trigger language plpgsql as $$
begin
    new.friendship := coalesce((select state from friendship where luid = new.luid), 'unknown');
    return new;
end
$$;

create trigger member_has_friendship before insert on member
for each row execute function member_has_friendship();

create function friendship_is_told() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        update member set friendship = 'unknown' where luid = old.luid;
    else
        update member set friendship = new.state where luid = new.luid;
    end if;
    return null;
end
$$;

create trigger friendship_is_told after insert or delete or update of state on friendship
for each row execute function friendship_is_told();

create index member_by_name on member (display_name collate "C", member_id);
