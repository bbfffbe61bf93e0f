-- Who read, changed, exported and erased what. A person is a digest here.
create table audit (
    audit_id integer primary key,
    asked_at integer not null,
    -- The subject of the caller's token.
    subject text not null,
    role text not null,
    method text not null,
    -- The route's template.
    route text not null,
    -- SHA-256 of the LINE user ID that the path names.
    luid_digest blob,
    -- The answer's; null while it is not given yet, and for good if the process ended on the way.
    status integer
) strict;

create index audit_by_age on audit (asked_at);
create index audit_by_person on audit (luid_digest, audit_id) where luid_digest is not null;
