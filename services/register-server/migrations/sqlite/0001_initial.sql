-- A sign-in under way, from /auth/login to /auth/callback: ten minutes at most, taken out once.
create table login (
    -- The order of arrival: when there are too many, the oldest go.
    login_id integer primary key autoincrement,
    -- SHA-256 of `state`.
    state_digest blob not null unique,
    -- SHA-256 of the ID in the browser's cookie: nobody else's browser may finish this.
    browser_digest blob not null,
    nonce text not null,
    pkce_verifier text not null,
    -- The language and the page to come back to.
    language text not null,
    next text not null,
    created_at integer not null
) strict;

create index login_by_browser on login (browser_digest, login_id);
create index login_by_age on login (created_at);

-- Somebody signed in.
create table session (
    -- SHA-256 of the ID in the cookie.
    session_digest blob not null primary key,
    -- SHA-256 of the LINE user ID: finds all sessions of one person and names nobody.
    person_digest blob not null,
    -- Who it is and their LINE access token. The key is made of the ID in the cookie, which is nowhere in here.
    sealed blob not null,
    -- 1 once they were seen to be a member: when that ends, so does the session.
    member integer not null,
    created_at integer not null,
    last_seen_at integer not null
) strict, without rowid;

create index session_by_person on session (person_digest);
create index session_by_last_seen on session (last_seen_at);
create index session_by_age on session (created_at);

-- A form that came back with errors, sealed like the session, until it is shown again.
create table kept_form (
    session_digest blob not null primary key references session (session_digest) on delete cascade,
    sealed blob not null
) strict, without rowid;

-- Somebody asked to leave and is not erased yet. The one place where a LINE user ID stands in clear: the erasure
-- must go on without the person. The row goes with the erasure.
create table leaving (
    luid text not null primary key,
    asked_at integer not null,
    -- 1 once the members' API knows: from then on it is not called off.
    marked integer not null,
    -- When the erasure is tried next.
    due_at integer not null
) strict, without rowid;

create index leaving_by_due on leaving (due_at);
