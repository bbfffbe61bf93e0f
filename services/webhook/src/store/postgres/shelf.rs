use sqlx::{query, query_as};

use super::super::{Holding, Place, Shelf};
use super::Postgres;

/// Each may be as long as a body.
const PAGE: i64 = 32;

const NEW: &str = "
    select event_at as due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'pending' and not in_line and (event_at, event_id) > ($1, $2)
    order by event_at, event_id limit $3";

const IN_LINE: &str = "
    select due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'pending' and in_line and (due_at, event_id) > ($1, $2)
    order by due_at, event_id limit $3";

const STALE: &str = "
    select 0::bigint as due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'stale' and length(raw) > 0 and event_id > $2 and $1 <= 0
    order by event_id limit $3";

const PARKED: &str = "
    select 0::bigint as due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'parked' and event_id > $2 and $1 <= 0
    order by event_id limit $3";

const QUARANTINE: &str = "
    select 0::bigint as due_at, quarantine_id as event_id, null::text as conversation, received_at as dated, raw
    from quarantine
    where quarantine_id > $2 and $1 <= 0
    order by quarantine_id limit $3";

const FORGET_EVENT: &str = "
    update event
    set state = case state when 'stale' then 'stale' else 'done' end,
        raw = ''::bytea, conversation = null, message_id = null, lease_until = null, last_error = 'erased'
    where event_id = $1 and state <> 'done'";

const FORGET_QUARANTINE: &str = "update quarantine set raw = ''::bytea where quarantine_id = $1";

impl Postgres {
    pub(in super::super) async fn holdings(
        &self,
        on: Shelf,
        from: Place,
    ) -> Result<Vec<Holding>, sqlx::Error> {
        let page = match on {
            Shelf::New => NEW,
            Shelf::InLine => IN_LINE,
            Shelf::Stale => STALE,
            Shelf::Parked => PARKED,
            Shelf::Quarantine => QUARANTINE,
        };
        query_as(page)
            .bind(from.due_at)
            .bind(from.event_id)
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await
    }

    /// One row at a time: replicas that forget the same ones never wait for each other in a circle.
    pub(in super::super) async fn forget(&self, on: Shelf, id: i64) -> Result<(), sqlx::Error> {
        let forget = match on {
            Shelf::Quarantine => FORGET_QUARANTINE,
            _ => FORGET_EVENT,
        };
        query(forget).bind(id).execute(&self.pool).await?;
        Ok(())
    }
}
