-- Times are unix milliseconds. A change of these tables comes in two steps, for replicas of two releases run side by
-- side: what is new is added first, and what nobody uses any more is dropped a release later.

-- A sign-in under way, from /auth/login to /auth/callback: ten minutes at most, taken out once.
create table login (
    -- The order of arrival: when there are too many, the oldest go. A gap costs a place, nothing else.
    login_id bigint generated always as identity primary key,
    -- SHA-256 of `state`.
    state_digest bytea not null unique,
    -- SHA-256 of the ID in the browser's cookie: nobody else's browser may finish this.
    browser_digest bytea not null,
    nonce text not null,
    pkce_verifier text not null,
    -- The language to come back to.
    language text not null,
    created_at bigint not null
);

create index login_by_browser on login (browser_digest, login_id);
create index login_by_age on login (created_at);

-- Somebody signed in.
create table session (
    -- SHA-256 of the ID in the cookie.
    session_digest bytea not null primary key,
    -- SHA-256 of the LINE user ID: finds all sessions of one person and names nobody.
    person_digest bytea not null,
    -- Who it is and their LINE access token. The key is made of the ID in the cookie, which is nowhere in here.
    sealed bytea not null,
    -- True once they were seen to be a member: when that ends, so does the session.
    member boolean not null,
    created_at bigint not null,
    last_seen_at bigint not null
);

create index session_by_person on session (person_digest);
create index session_by_last_seen on session (last_seen_at);
create index session_by_age on session (created_at);

-- A form that came back with errors, sealed like the session, until a page of its kind shows it again.
create table kept_form (
    session_digest bytea not null primary key references session (session_digest) on delete cascade,
    -- `register` or `update`.
    kind text not null,
    sealed bytea not null
);

-- Somebody asked to leave and is not erased yet. The one place where a LINE user ID stands in clear: the erasure
-- must go on without the person. The row goes with the erasure, and vacuum takes what the row leaves behind: at
-- once, by the service, and here as well, should the service die between the two.
create table leaving (
    luid text not null primary key,
    -- When they asked last; no two askings of one person have the same time.
    asked_at bigint not null,
    -- True once the members' API knows: from then on it is not called off.
    marked boolean not null,
    -- When the erasure is tried next. Whoever takes it up moves this on first, so that no other replica does.
    due_at bigint not null
) with (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, vacuum_index_cleanup = on);

create index leaving_by_due on leaving (due_at);
