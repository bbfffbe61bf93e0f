-- What a member may tell of themselves, what operators note about them, and what they want to hear of. A migration changes
-- nothing that the version before still reads or writes.

alter table member add column email text;
alter table member add column phone text;
-- Minutes of the member's local day, 0 to 1439; both or none.
alter table member add column quiet_from integer;
alter table member add column quiet_until integer;
-- When they last did something that this service heard of.
alter table member add column last_active_at integer not null default 0;
update member set last_active_at = updated_at;

-- SHA-256 of the text that was agreed to, in hex.
alter table consent add column text_digest text;

create table tag (
    member_id blob not null references member (member_id) on delete cascade,
    tag text not null,
    primary key (member_id, tag)
) strict, without rowid;

create index tag_by_name on tag (tag, member_id);

-- Exactly one of the three values is there. Truth is 0 or 1, here and below.
create table attribute (
    member_id blob not null references member (member_id) on delete cascade,
    name text not null,
    text_value text,
    number_value real,
    truth_value integer,
    primary key (member_id, name)
) strict, without rowid;

create table topic (
    member_id blob not null references member (member_id) on delete cascade,
    topic text not null,
    subscribed integer not null,
    changed_at integer not null,
    primary key (member_id, topic)
) strict, without rowid;

create index topic_by_name on topic (topic, subscribed, member_id);

-- The latest consent for each purpose, to be found by purpose. The trigger keeps it, whichever version writes.
create table standing_consent (
    member_id blob not null references member (member_id) on delete cascade,
    purpose text not null,
    granted integer not null,
    primary key (member_id, purpose)
) strict, without rowid;

create index standing_consent_by_purpose on standing_consent (purpose, granted, member_id);

insert into standing_consent (member_id, purpose, granted)
select member_id, purpose, granted from latest_consent;

create trigger consent_stands after insert on consent begin
    insert into standing_consent (member_id, purpose, granted) values (new.member_id, new.purpose, new.granted)
    on conflict (member_id, purpose) do update set granted = excluded.granted;
end;

drop view member_document;
drop view latest_consent;

create view latest_consent as
select member_id, purpose, version, text_digest, language, granted, channel, changed_at
from consent as candidate
where consent_id = (
    select max(consent_id) from consent
    where member_id = candidate.member_id and purpose = candidate.purpose
);

-- A member as the API shows them; what there may be several of is JSON.
create view member_document as
select
    member.member_id, member.luid, display_name, picture_url, email, phone, member.language, time_zone,
    quiet_from, quiet_until, status, created_at, updated_at,
    coalesce(friendship.state, 'unknown') as friendship,
    (
        select json_group_array(json_object(
            'purpose', purpose, 'version', version, 'text_digest', text_digest, 'language', language,
            'granted', json(iif(granted, 'true', 'false')), 'channel', channel, 'changed_at', changed_at
        ) order by purpose)
        from latest_consent where latest_consent.member_id = member.member_id
    ) as consents,
    (
        select json_group_array(json_object(
            'topic', topic, 'subscribed', json(iif(subscribed, 'true', 'false')), 'changed_at', changed_at
        ) order by topic)
        from topic where topic.member_id = member.member_id
    ) as topics,
    (
        select json_group_array(tag order by tag) from tag where tag.member_id = member.member_id
    ) as tags,
    (
        select json_group_object(name, json(case
            when text_value is not null then json_quote(text_value)
            when number_value is not null then json_quote(number_value)
            else iif(truth_value, 'true', 'false')
        end) order by name)
        from attribute where attribute.member_id = member.member_id
    ) as attributes
from member left join friendship on friendship.luid = member.luid;
