//! Statements that take a list: an array of texts here.

use uuid::Uuid;

pub(super) const SENT_SINCE: &str = "
    select cast(member_id as text), count(*) from recipient
    where occurrence_id in (
            select occurrence_id from occurrence
            where packed = 0 and recipients > 0 and coalesce(begun_at, scheduled_at) > $2
              and state not in ('missed', 'expired', 'cancelled'))
      and member_id = any(cast($1 as uuid[])) and batch is not null
    group by member_id";

pub(super) const POINT: &str = "
    update recipient set batch = $3
    where occurrence_id = $1 and member_id = any(cast($2 as uuid[]))";

pub(super) const EXCLUDE: &str = "
    insert into recipient (occurrence_id, member_id, excluded)
    select $1, member_id, $3 from unnest(cast($2 as uuid[])) as gone (member_id) where true
    on conflict (occurrence_id, member_id) do update set batch = null, excluded = excluded.excluded";

pub(super) const BEGIN: &str = "
    update batch set state = 'attempting', attempts = attempts + 1, unanswered = unanswered + 1,
        first_attempt_at = coalesce(first_attempt_at, $2), last_attempt_at = $2
    where finished_at is null and retry_key = any($1)";

pub(super) const ACCEPT: &str = "
    update batch set state = 'accepted', unanswered = 0, request_id = coalesce(accepted.request_id, batch.request_id),
        reason = null, code = null, finished_at = $3, body = null
    from unnest($1, $2) as accepted (retry_key, request_id)
    where batch.retry_key = accepted.retry_key and finished_at is null
      and (select attempt from occurrence where occurrence_id = batch.occurrence_id) = $4";

pub(super) const REPORT: &str = "
    select cast(member_id as text) as member_id, excluded, state, code, reason, request_id, finished_at
    from recipient left join batch
        on batch.occurrence_id = recipient.occurrence_id and batch.number = recipient.batch
    where recipient.occurrence_id = $1 and member_id > cast($2 as uuid)
    order by recipient.member_id limit $3";

pub(super) fn list(members: &[Uuid]) -> Vec<String> {
    members.iter().map(Uuid::to_string).collect()
}

pub(super) fn names(names: &[Option<&str>]) -> Vec<Option<String>> {
    names.iter().map(|name| name.map(str::to_owned)).collect()
}
