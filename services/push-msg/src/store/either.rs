use std::collections::HashMap;
use std::time::Duration;

use line_api::messaging::RetryKey;
use secrecy::SecretString;
use service_kit::{DatabaseKind, Profile, Timestamp};
use uuid::Uuid;

use super::{
    Batch, BatchReport, Claim, Excluded, Frozen, Kind, LedgerError, Listing, Looked, Moments,
    NewBatch, Occurrence, OccurrenceState, OccurrenceView, OpenError, Pieces, Planned, Refusal,
    ReportRow, Settlement, Tally, postgres, sqlite,
};
use crate::erased::Erased;
use crate::pace::Pace;

/// The ledger: in a file that one process sends from, or on a server for any number of them.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(sqlite::Ledger, Pace),
    Postgres(postgres::Ledger),
}

/// Asks whichever of the two it is.
macro_rules! ask {
    ($store:expr, $method:ident($($argument:expr),*)) => {
        match $store {
            Store::Sqlite(store, _) => store.$method($($argument),*).await,
            Store::Postgres(store) => store.$method($($argument),*).await,
        }
    };
}

impl Store {
    /// Opens the ledger to send from it, and brings its tables up to date.
    pub(crate) async fn open(url: &SecretString, profile: Profile) -> Result<Self, OpenError> {
        Ok(match DatabaseKind::of(url) {
            DatabaseKind::Sqlite => Self::Sqlite(sqlite::Ledger::open(url).await?, Pace::default()),
            DatabaseKind::Postgres => Self::Postgres(postgres::Ledger::open(url, profile).await?),
        })
    }

    /// Opens the ledger as it is, beside whoever sends: for an operator's commands.
    pub(crate) async fn open_beside(url: &SecretString) -> Result<Self, OpenError> {
        Ok(match DatabaseKind::of(url) {
            DatabaseKind::Sqlite => {
                Self::Sqlite(sqlite::Ledger::open_beside(url).await?, Pace::default())
            }
            DatabaseKind::Postgres => Self::Postgres(postgres::Ledger::open_beside(url).await?),
        })
    }

    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        ask!(self, is_ready())
    }

    /// How far the campaign's schedule has been looked at.
    pub(crate) async fn looked(&self, campaign: &str) -> Result<Option<Looked>, LedgerError> {
        Ok(ask!(self, looked(campaign))?)
    }

    /// Adds the occurrences of these moments, each once however often it is named. Those whose time to begin is over
    /// are recorded as missed.
    pub(crate) async fn plan(
        &self,
        moments: &Moments<'_>,
        now: Timestamp,
    ) -> Result<Planned, LedgerError> {
        Ok(ask!(self, plan(moments, now))?)
    }

    /// The occurrences that are not over, oldest first.
    pub(crate) async fn open_occurrences(&self) -> Result<Vec<i64>, LedgerError> {
        Ok(ask!(self, open_occurrences())?)
    }

    /// Takes an occurrence, unless somebody has it or it is over.
    pub(crate) async fn claim(
        &self,
        id: i64,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<(Claim, Occurrence)>, LedgerError> {
        ask!(self, claim(id, now, lease))
    }

    /// Keeps it for another lease.
    pub(crate) async fn extend(&self, claim: &Claim, now: Timestamp) -> Result<(), LedgerError> {
        ask!(self, extend(claim, now, claim.lease))
    }

    /// Gives the occurrence back before the lease runs out.
    pub(crate) async fn release(&self, claim: &Claim) -> Result<(), LedgerError> {
        ask!(self, release(claim))
    }

    /// Records why it waits, and until when.
    pub(crate) async fn set_state(
        &self,
        claim: &Claim,
        state: OccurrenceState,
        reason: &str,
        held_until: Option<Timestamp>,
    ) -> Result<(), LedgerError> {
        ask!(self, set_state(claim, state, reason, held_until))
    }

    /// Records how it ended.
    pub(crate) async fn finish(
        &self,
        claim: &Claim,
        state: OccurrenceState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(self, finish(claim, state, reason, now))
    }

    /// Forgets what was frozen of an occurrence that is not frozen completely.
    pub(crate) async fn thaw(&self, claim: &Claim) -> Result<(), LedgerError> {
        ask!(self, thaw(claim))
    }

    /// How many messages of any campaign each of these members was given since then, or is about to be.
    pub(crate) async fn sent_since(
        &self,
        members: &[Uuid],
        since: Timestamp,
    ) -> Result<HashMap<Uuid, u32>, LedgerError> {
        ask!(self, sent_since(members, since))
    }

    /// Writes down batches and who is in none; keeps the claim alive. Nobody may be named twice. It counts for nothing until
    /// [`Self::end_freezing`].
    pub(crate) async fn freeze(
        &self,
        claim: &Claim,
        out: &[Excluded],
        batches: &[NewBatch],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(self, freeze(claim, out, batches, now, claim.lease))
    }

    /// How many occurrences with a frequency cap were frozen so far: asked before a cap is judged.
    pub(crate) async fn capped_freezes(&self) -> Result<i64, LedgerError> {
        ask!(self, capped_freezes())
    }

    /// Declares the occurrence frozen, unless another one with a cap was frozen after this one's was judged.
    pub(crate) async fn end_freezing(
        &self,
        claim: &Claim,
        frozen: &Frozen<'_>,
    ) -> Result<(), LedgerError> {
        ask!(self, end_freezing(claim, frozen))
    }

    /// The first batches after number `after` that are not over and may leave now.
    pub(crate) async fn next_batches(
        &self,
        claim: &Claim,
        after: i64,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Batch>, LedgerError> {
        ask!(self, next_batches(claim, after, now, limit))
    }

    /// When the next of those is due that may not leave yet.
    pub(crate) async fn next_due(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, LedgerError> {
        ask!(self, next_due(claim, now))
    }

    /// Records that these calls are about to be made, all or none; from here on LINE may have accepted them. Keeps the claim
    /// alive. Nothing new is begun once an operator has paused or cancelled it.
    pub(crate) async fn begin(
        &self,
        claim: &Claim,
        batches: &mut [Batch],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(self, begin(claim, batches, now, claim.lease))
    }

    /// Records that LINE accepted these, each with its name for the request. They forget whom they reached: the ledger keeps
    /// their member IDs.
    pub(crate) async fn accept(
        &self,
        claim: &Claim,
        accepted: &[(RetryKey, Option<&str>)],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(self, accept(claim, accepted, now))
    }

    /// Records what an attempt came to.
    pub(crate) async fn settle(
        &self,
        claim: &Claim,
        batch: &Batch,
        settlement: &Settlement<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(self, settle(claim, batch, settlement, now))
    }

    /// Puts pieces with keys of their own in the place of a batch that LINE has certainly not accepted.
    pub(crate) async fn reshape(
        &self,
        claim: &Claim,
        batch: &Batch,
        pieces: &Pieces,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(self, reshape(claim, batch, pieces, now, claim.lease))
    }

    /// Where the occurrence's recipients stand.
    pub(crate) async fn tally(&self, claim: &Claim) -> Result<Tally, LedgerError> {
        ask!(self, tally(claim))
    }

    /// How many recipients LINE has accepted since then, of all campaigns.
    pub(crate) async fn accepted_since(&self, since: Timestamp) -> Result<i64, LedgerError> {
        ask!(self, accepted_since(since))
    }

    /// Sets `need` messages aside of the `left` that the month has, if they are there; answers how many are left beside
    /// what others have set aside.
    pub(crate) async fn reserve(
        &self,
        claim: &Claim,
        left: i64,
        need: i64,
    ) -> Result<i64, LedgerError> {
        ask!(self, reserve(claim, left, need))
    }

    /// Until when nothing new is begun, because LINE said that the month's quota is used up.
    pub(crate) async fn quota_held_until(&self) -> Result<Timestamp, LedgerError> {
        ask!(self, quota_held_until())
    }

    /// LINE said so.
    pub(crate) async fn hold_quota(&self, until: Timestamp) -> Result<(), LedgerError> {
        ask!(self, hold_quota(until))
    }

    /// Up to which change of the feed people were forgotten.
    pub(crate) async fn feed_position(&self) -> Result<i64, LedgerError> {
        ask!(self, feed_position())
    }

    /// Forgets these people, and then notes how far the feed was read.
    pub(crate) async fn forget(
        &self,
        erased: &Erased,
        position: i64,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        ask!(self, forget(erased, position, now))
    }

    /// The feed does not tell any more who was erased: whatever is over is forgotten, and the rest as soon as it is.
    pub(crate) async fn forget_everybody(&self) -> Result<(), LedgerError> {
        ask!(self, forget_everybody())
    }

    /// Forgets what need not be known any more. Occurrences stay: they are why nothing fires twice.
    /// Says whether bytes went that named somebody who was erased.
    pub(crate) async fn prune(&self, now: Timestamp) -> Result<bool, LedgerError> {
        ask!(self, prune(now))
    }

    /// Makes sure that what was forgotten is in no file any more; says whether it is so. A server's vacuum sees to it there.
    pub(crate) async fn scrub(&self) -> Result<bool, LedgerError> {
        match self {
            Self::Sqlite(store, _) => Ok(store.scrub().await?),
            Self::Postgres(_) => Ok(true),
        }
    }

    /// Waits for the next turn of a kind of call; the one after it comes `gap` later. Every pusher on this ledger takes turns.
    pub(crate) async fn turn(&self, kind: Kind, gap: Duration) -> Result<(), LedgerError> {
        match self {
            Self::Sqlite(_, pace) => pace.turn(kind, gap).await,
            Self::Postgres(store) => tokio::time::sleep(store.turn(kind, gap).await?).await,
        }
        Ok(())
    }

    /// LINE says that it is too much: nobody has a turn before that much time has passed.
    pub(crate) async fn rest(&self, kind: Kind, span: Duration) -> Result<(), LedgerError> {
        match self {
            Self::Sqlite(_, pace) => pace.rest(kind, span).await,
            Self::Postgres(store) => store.rest(kind, span).await?,
        }
        Ok(())
    }

    /// Occurrences as operators see them, latest first.
    pub(crate) async fn list(
        &self,
        listing: &Listing<'_>,
    ) -> Result<Vec<OccurrenceView>, LedgerError> {
        ask!(self, list(listing))
    }

    /// How many occurrences stand where ([`STANDINGS`](super::STANDINGS)), of those that are not over, or since then, and not sent.
    pub(crate) async fn standings(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(String, i64)>, LedgerError> {
        Ok(ask!(self, standings(since))?)
    }

    /// What became of the members of the batches after number `after`.
    pub(crate) async fn report_batches(
        &self,
        occurrence: i64,
        after: i64,
        limit: i64,
    ) -> Result<Vec<BatchReport>, LedgerError> {
        ask!(self, report_batches(occurrence, after, limit))
    }

    /// What became of the members after `after`, by their IDs, of those who have rows of their own: whoever is excluded.
    pub(crate) async fn report(
        &self,
        occurrence: i64,
        after: &str,
        limit: i64,
    ) -> Result<Vec<ReportRow>, LedgerError> {
        ask!(self, report(occurrence, after, limit))
    }

    /// Begins nothing new of it until it is resumed.
    pub(crate) async fn pause(&self, occurrence: i64) -> Result<Option<Refusal>, LedgerError> {
        ask!(self, pause(occurrence))
    }

    /// Lets it go on, and everything that waits for quota.
    pub(crate) async fn resume(&self, occurrence: i64) -> Result<Option<Refusal>, LedgerError> {
        ask!(self, resume(occurrence))
    }

    /// Ends it: no first attempt after this. What was begun is asked to its end.
    pub(crate) async fn cancel(
        &self,
        occurrence: i64,
        now: Timestamp,
    ) -> Result<Option<Refusal>, LedgerError> {
        ask!(self, cancel(occurrence, now))
    }

    /// Sends again, under new keys, what LINE refused or what never left; `with_doubtful` also what it may have accepted.
    /// Not if it was over before `oldest`.
    pub(crate) async fn retry(
        &self,
        occurrence: i64,
        with_doubtful: bool,
        now: Timestamp,
        oldest: Timestamp,
    ) -> Result<Option<Refusal>, LedgerError> {
        ask!(self, retry(occurrence, with_doubtful, now, oldest))
    }

    /// The ledger comes from a backup: what it does not know to be over may have been sent since, and is in doubt. Answers how
    /// many occurrences that concerns.
    pub(crate) async fn restored(&self, now: Timestamp) -> Result<u64, LedgerError> {
        ask!(self, restored(now))
    }

    /// When that was said last; nothing that was due before is begun.
    pub(crate) async fn restored_at(&self) -> Result<Timestamp, LedgerError> {
        ask!(self, restored_at())
    }
}
