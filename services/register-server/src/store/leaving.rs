use std::time::Duration;

use line_api::UserId;
use service_kit::Timestamp;

use super::{Store, in_time};

/// How long an erasure is left alone after a try, the first by the request that asked for it.
const PAUSE: Duration = Duration::from_mins(1);
/// Erasures tried in one round. A round ends within the pause, though each of its calls to the members' API (two for
/// an erasure, three seconds each) takes as long as it may: until then it is nobody else's.
pub(super) const ROUND: i64 = 10;

/// How far a wish to leave has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It is written down here.
    Noted,
    /// The members' API knows, too.
    Marked,
}

/// One asking to leave: when it was, or a little later, for no two of one person are of one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked(i64);

impl Store {
    /// Writes down that they ask to leave, before anything is done about it; again, if they ask again. Answers by which
    /// name this asking may be called off.
    pub(crate) async fn note_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
    ) -> Result<Asked, sqlx::Error> {
        let asked = match self {
            Self::Sqlite(db) => db.note_leaving(luid, now, now + PAUSE).await,
            Self::Postgres(db) => in_time(db.note_leaving(luid, now, now + PAUSE)).await,
        };
        asked.map(Asked)
    }

    /// Writes down that the members' API knows them to be leaving.
    pub(crate) async fn confirm_leaving(
        &self,
        luid: &UserId,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.confirm_leaving(luid, now, now + PAUSE).await,
            Self::Postgres(db) => in_time(db.confirm_leaving(luid, now, now + PAUSE)).await,
        }
    }

    /// Calls it off, unless they asked again in another tab, or the members' API knows by way of one.
    pub(crate) async fn call_off_leaving(
        &self,
        luid: &UserId,
        Asked(asked): Asked,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.call_off_leaving(luid, asked).await,
            Self::Postgres(db) => in_time(db.call_off_leaving(luid, asked)).await,
        }
    }

    /// Forgets it: they are erased.
    pub(crate) async fn forget_leaving(&self, luid: &UserId) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.forget_leaving(luid).await,
            Self::Postgres(db) => in_time(db.forget_leaving(luid)).await,
        }
    }

    /// Takes what forgotten wishes left behind out of the database's files, as far as the database can.
    pub(crate) async fn scrub(&self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.scrub().await,
            Self::Postgres(db) => in_time(db.scrub()).await,
        }
    }

    /// Their wish to leave, if it is not fulfilled yet.
    pub(crate) async fn wish_to_leave(&self, luid: &UserId) -> Result<Option<Wish>, sqlx::Error> {
        let marked = match self {
            Self::Sqlite(db) => db.is_marked(luid).await,
            Self::Postgres(db) => in_time(db.is_marked(luid)).await,
        }?;
        Ok(marked.map(|marked| if marked { Wish::Marked } else { Wish::Noted }))
    }

    /// Those whose erasure is due; the next try, here or elsewhere, is a minute away.
    pub(crate) async fn claim_leaving(&self, now: Timestamp) -> Result<Vec<UserId>, sqlx::Error> {
        let due = match self {
            Self::Sqlite(db) => db.claim_leaving(now, now + PAUSE).await,
            Self::Postgres(db) => in_time(db.claim_leaving(now, now + PAUSE)).await,
        }?;
        Ok(due
            .into_iter()
            .filter_map(|luid| UserId::parse(luid).ok())
            .collect())
    }
}
