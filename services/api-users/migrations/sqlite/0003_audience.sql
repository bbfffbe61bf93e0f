-- What is asked about many members at once. A migration changes nothing that the version before still reads or writes.

-- The state of the member's friendship, kept by the triggers, whichever version writes: what is asked of every member must
-- not need a look at another table, in another order.
alter table member add column friendship text not null default 'unknown';

update member set friendship = (select state from friendship where friendship.luid = member.luid)
where luid in (select luid from friendship);

create trigger member_has_friendship after insert on member begin
    update member set friendship = (select state from friendship where friendship.luid = new.luid)
    where member_id = new.member_id and new.luid in (select luid from friendship);
end;

create trigger friendship_begins after insert on friendship begin
    update member set friendship = new.state where luid = new.luid;
end;

create trigger friendship_changes after update of state on friendship begin
    update member set friendship = new.state where luid = new.luid;
end;

create trigger friendship_ends after delete on friendship begin
    update member set friendship = 'unknown' where luid = old.luid;
end;

create index member_by_name on member (display_name, member_id);
