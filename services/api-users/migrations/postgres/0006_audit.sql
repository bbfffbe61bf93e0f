-- Who read, changed, exported and erased what. A person is a digest here.
create table audit (
    audit_id bigint generated always as identity primary key,
    asked_at bigint not null,
    -- The subject of the caller's token.
    subject text collate "C" not null,
    role text collate "C" not null,
    method text collate "C" not null,
    -- The route's template.
    route text collate "C" not null,
    -- SHA-256 of the LINE user ID that the path names.
    luid_digest bytea,
    -- The answer's; null while it is not given yet, and for good if the process ended on the way.
    status integer
);

create index audit_by_age on audit (asked_at);
create index audit_by_person on audit (luid_digest, audit_id) where luid_digest is not null;
