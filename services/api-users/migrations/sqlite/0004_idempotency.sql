-- Answers that are given once more to whoever asks the same under the same key, for a day.

create table idempotency (
    caller blob not null, -- SHA-256 of the issuer and the subject of their token
    key_digest blob not null, -- SHA-256 of the key
    request_digest blob not null, -- SHA-256 of what was asked
    luid text not null, -- whom the answer is about: it goes when they are erased
    status integer not null,
    answer text not null, -- the member's document, or why there is none
    created_at integer not null,
    primary key (caller, key_digest)
) strict, without rowid;

create index idempotency_by_luid on idempotency (luid);
create index idempotency_by_age on idempotency (created_at);
