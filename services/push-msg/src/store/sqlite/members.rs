//! Statements that take a list: a JSON text here.

use uuid::Uuid;

pub(super) const SENT_SINCE: &str = "
    select member_id, count(*) from recipient
    where occurrence_id in (
            select occurrence_id from occurrence
            where packed = 0 and recipients > 0 and coalesce(begun_at, scheduled_at) > $2
              and state not in ('missed', 'expired', 'cancelled'))
      and member_id in (select value from json_each($1)) and batch is not null
    group by member_id";

pub(super) const POINT: &str = "
    update recipient set batch = $3
    where occurrence_id = $1 and member_id in (select value from json_each($2))";

pub(super) const EXCLUDE: &str = "
    insert into recipient (occurrence_id, member_id, excluded)
    select $1, value, $3 from json_each($2) where true
    on conflict (occurrence_id, member_id) do update set batch = null, excluded = excluded.excluded";

/// What fails in it undoes the transaction, and SQLite need not remember by itself how every page was before.
pub(super) const BEGIN: &str = "
    update or rollback batch set state = 'attempting', attempts = attempts + 1, unanswered = unanswered + 1,
        first_attempt_at = coalesce(first_attempt_at, $2), last_attempt_at = $2, pad = x''
    where finished_at is null and retry_key in (select value from json_each($1))";

pub(super) const ACCEPT: &str = "
    update batch set state = 'accepted', unanswered = 0, request_id = coalesce(accepted.request_id, batch.request_id),
        reason = null, code = null, finished_at = $3, body = null
    from (select value as retry_key, $2 ->> fullkey as request_id from json_each($1)) as accepted
    where batch.retry_key = accepted.retry_key and finished_at is null
      and (select attempt from occurrence where occurrence_id = batch.occurrence_id) = $4";

pub(super) const REPORT: &str = "
    select member_id, excluded, state, code, reason, request_id, finished_at
    from recipient left join batch
        on batch.occurrence_id = recipient.occurrence_id and batch.number = recipient.batch
    where recipient.occurrence_id = $1 and member_id > $2
    order by member_id limit $3";

pub(super) fn list(members: &[Uuid]) -> String {
    serde_json::to_string(members).expect("IDs always serialise")
}

pub(super) fn names(names: &[Option<&str>]) -> String {
    serde_json::to_string(names).expect("texts always serialise")
}
