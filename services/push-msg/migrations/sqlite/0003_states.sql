-- The document that an occurrence was frozen with, and its digest: whatever the file says later, this is what is sent.
alter table occurrence add column document text;
alter table occurrence add column digest blob;
-- What an operator wants: pause or cancel. Nothing new is begun then; what LINE may have accepted is asked to its end.
alter table occurrence add column control text check (control in ('pause', 'cancel'));
-- Paused for want of quota until then, unless an operator resumes it.
alter table occurrence add column held_until integer;
-- 1: what it has not sent yet is set aside of the month's quota.
alter table occurrence add column reserves integer not null default 0 check (reserves in (0, 1));

-- Of the document at the last look: what an edit adds to the past is never due.
alter table campaign add column digest blob;

-- multicast: many get the same; push: one person gets something of their own.
alter table batch add column kind text not null default 'multicast' check (kind in ('multicast', 'push'));
-- Whom it is for: member IDs of 16 bytes, in the order of its `to`.
alter table batch add column members blob;
-- Their time zones and quiet hours, as JSON; null if they have none.
alter table batch add column clocks text;
-- No first call earlier than this.
alter table batch add column not_before integer not null default 0;
-- The status with which LINE refused it last.
alter table batch add column code integer;

update batch set members = (
    select unhex(replace(group_concat(recipient.member_id, '' order by recipient.place), '-', ''))
    from recipient
    where recipient.occurrence_id = batch.occurrence_id and recipient.batch = batch.number)
where body is not null;

-- What concerns all of a channel. LINE has said that the month's quota is used up: nothing new is begun until then.
create table channel (
    channel_id integer primary key check (channel_id = 1),
    quota_held_until integer not null default 0
) strict;

insert into channel (channel_id) values (1);
