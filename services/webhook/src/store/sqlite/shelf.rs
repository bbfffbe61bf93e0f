use sqlx::{query, query_as, query_scalar};

use super::super::{Holding, Place, Shelf};
use super::Sqlite;

/// Each may be as long as a body.
const PAGE: u32 = 32;

const NEW: &str = "
    select event_at as due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'pending' and in_line = 0 and (event_at, event_id) > (?1, ?2)
    order by event_at, event_id limit ?3";

const IN_LINE: &str = "
    select due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'pending' and in_line = 1 and (due_at, event_id) > (?1, ?2)
    order by due_at, event_id limit ?3";

const STALE: &str = "
    select 0 as due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'stale' and length(raw) > 0 and event_id > ?2
    order by event_id limit ?3";

const PARKED: &str = "
    select 0 as due_at, event_id, conversation, event_at as dated, raw from event
    where state = 'parked' and event_id > ?2
    order by event_id limit ?3";

const QUARANTINE: &str = "
    select 0 as due_at, quarantine_id as event_id, null as conversation, received_at as dated, raw from quarantine
    where quarantine_id > ?2
    order by quarantine_id limit ?3";

const FORGET_EVENT: &str = "
    update event
    set state = case state when 'stale' then 'stale' else 'done' end,
        raw = x'', conversation = null, message_id = null, lease_until = null, last_error = 'erased'
    where event_id = ?1 and state <> 'done'";

const FORGET_QUARANTINE: &str = "update quarantine set raw = x'' where quarantine_id = ?1";

impl Sqlite {
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
            .fetch_all(&self.readers)
            .await
    }

    pub(in super::super) async fn forget(&self, on: Shelf, id: i64) -> Result<(), sqlx::Error> {
        let forget = match on {
            Shelf::Quarantine => FORGET_QUARANTINE,
            _ => FORGET_EVENT,
        };
        query(forget)
            .bind(id)
            .execute(&mut *self.writer.turn().await?)
            .await?;
        Ok(())
    }

    /// Folds the log into the file and empties it: `secure_delete` overwrites the file's own pages, and the log still holds
    /// them as they were. A reader in the way only delays it.
    pub(in super::super) async fn scrub(&self) -> Result<bool, sqlx::Error> {
        let busy: i64 = query_scalar("pragma wal_checkpoint(truncate)")
            .fetch_one(&mut *self.writer.turn().await?)
            .await?;
        Ok(busy == 0)
    }
}
