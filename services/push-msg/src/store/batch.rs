use std::collections::HashSet;
use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use line_api::messaging::RetryKey;
use service_kit::Timestamp;
use uuid::Uuid;

use super::LedgerError;
use crate::clocks::Clocks;
use crate::envelope;

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchState {
    /// LINE certainly has not accepted it.
    Planned,
    /// LINE may have accepted it: the same bytes and key are sent until it says so.
    Attempting,
    /// LINE answered 2xx or 409.
    Accepted,
    /// LINE refused it for what it holds.
    Rejected,
    /// LINE refused it for want of quota.
    PausedQuota,
    /// LINE refused the token.
    PausedAuth,
    /// LINE may have accepted it, and the key is too old to ask. Never sent again by itself.
    InDoubt,
}

impl BatchState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Attempting => "attempting",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::PausedQuota => "paused_quota",
            Self::PausedAuth => "paused_auth",
            Self::InDoubt => "in_doubt",
        }
    }

    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::InDoubt)
    }
}

/// Which of LINE's calls a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Up to 500 people get the same.
    Multicast,
    /// One person gets something of their own.
    Push,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Multicast => "multicast",
            Self::Push => "push",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, LedgerError> {
        match text {
            "multicast" => Ok(Self::Multicast),
            "push" => Ok(Self::Push),
            _ => Err(LedgerError::Unreadable("kind of batch")),
        }
    }
}

/// One call to make, before it is stored.
pub(crate) struct NewBatch {
    pub(crate) number: i64,
    pub(crate) kind: Kind,
    /// In the order of `to`.
    pub(crate) members: Vec<Uuid>,
    pub(crate) clocks: Option<String>,
    pub(crate) not_before: Timestamp,
    pub(crate) body: Vec<u8>,
}

impl NewBatch {
    pub(super) fn recipients(&self) -> i64 {
        i64::try_from(self.members.len()).unwrap_or(i64::MAX)
    }

    /// The least and the greatest of its members.
    pub(super) fn ends(&self) -> (Option<&[u8]>, Option<&[u8]>) {
        let members = || self.members.iter().map(|id| id.as_bytes().as_slice());
        (members().min(), members().max())
    }
}

/// One call to make, as it was stored before the first attempt.
pub(crate) struct Batch {
    pub(crate) id: i64,
    pub(crate) number: i64,
    pub(crate) kind: Kind,
    /// In the order of `to`.
    pub(crate) members: Vec<Uuid>,
    pub(crate) clocks: Option<String>,
    /// No first call earlier than this.
    pub(crate) not_before: Timestamp,
    pub(crate) body: Bytes,
    pub(crate) retry_key: RetryKey,
    /// Attempts of which nobody knows whether LINE accepted them.
    pub(crate) unanswered: i64,
    pub(crate) first_attempt_at: Option<Timestamp>,
}

impl Batch {
    /// Whether LINE certainly has not accepted it.
    pub(crate) fn is_new(&self) -> bool {
        self.unanswered == 0
    }
}

impl Batch {
    /// Where any of these stand in it.
    pub(crate) fn places_of(&self, some: &HashSet<Uuid>) -> Vec<usize> {
        if some.is_empty() {
            return Vec::new();
        }
        let places = self.members.iter().enumerate();
        places
            .filter_map(|(place, member)| some.contains(member).then_some(place))
            .collect()
    }

    /// The batch without those at these places, for this reason.
    pub(crate) fn without(&self, gone: Vec<usize>, reason: &str) -> Pieces {
        let stays = |place: &usize| !gone.contains(place);
        let places: Vec<_> = (0..self.members.len()).filter(stays).collect();
        let not_before = self.not_before;
        let rest = (!places.is_empty()).then_some(Part { places, not_before });
        Pieces {
            parts: rest.into_iter().collect(),
            out: vec![(gone, reason.to_owned())],
            refusal: None,
        }
    }

    /// Some of it as a batch of its own.
    pub(super) fn part(&self, part: &Part, number: i64) -> Result<NewBatch, LedgerError> {
        let clocks = self.clocks.as_deref().and_then(Clocks::parse);
        let body = envelope::for_places(&self.body, &part.places);
        Ok(NewBatch {
            number,
            kind: self.kind,
            members: self.at(&part.places)?,
            clocks: clocks.and_then(|clocks| clocks.for_places(&part.places).to_json()),
            not_before: part.not_before,
            body: body.ok_or(LedgerError::Unreadable("batch body"))?,
        })
    }

    /// Who stands at these places.
    pub(super) fn at(&self, places: &[usize]) -> Result<Vec<Uuid>, LedgerError> {
        let members: Option<_> = places
            .iter()
            .map(|place| self.members.get(*place).copied())
            .collect();
        members.ok_or(LedgerError::Unreadable("member ID"))
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// What an attempt came to.
#[derive(Debug)]
pub(crate) struct Settlement<'a> {
    pub(crate) state: BatchState,
    pub(crate) unanswered: i64,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) code: Option<u16>,
    pub(crate) reason: Option<&'a str>,
}

/// A batch in other pieces: LINE has certainly accepted none of it.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// What is still to be sent, each under a key of its own.
    pub(crate) parts: Vec<Part>,
    /// Who does not get it any more, by their places, and why.
    pub(crate) out: Vec<(Vec<usize>, String)>,
    /// Why, if LINE refused it as it was.
    pub(crate) refusal: Option<(u16, String)>,
}

/// Some of a batch's people.
#[derive(Debug)]
pub(crate) struct Part {
    /// Their places in its `to`, in order.
    pub(crate) places: Vec<usize>,
    pub(crate) not_before: Timestamp,
}

/// An occurrence's batches by their state, in recipients.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) accepted: i64,
    pub(crate) rejected: i64,
    pub(crate) in_doubt: i64,
    /// May have been accepted; to be asked again.
    pub(crate) attempting: i64,
    /// Certainly not accepted yet.
    pub(crate) waiting: i64,
}

impl Tally {
    /// Whether LINE took nothing on for certain, and refused nothing for good: as if it had never begun.
    pub(crate) fn is_untouched(&self) -> bool {
        self.accepted + self.rejected + self.in_doubt + self.attempting == 0
    }

    pub(super) fn new(rows: Vec<(String, i64)>) -> Self {
        let mut tally = Self::default();
        for (state, recipients) in rows {
            match state.as_str() {
                "accepted" => tally.accepted += recipients,
                "rejected" => tally.rejected += recipients,
                "in_doubt" => tally.in_doubt += recipients,
                "attempting" => tally.attempting += recipients,
                "superseded" => {}
                _ => tally.waiting += recipients,
            }
        }
        tally
    }
}

/// A batch as the database has it.
#[derive(sqlx::FromRow)]
pub(super) struct BatchRow {
    batch_id: i64,
    number: i64,
    kind: String,
    members: Vec<u8>,
    clocks: Option<String>,
    #[sqlx(try_from = "i64")]
    not_before: Timestamp,
    body: Vec<u8>,
    body_sha256: Vec<u8>,
    retry_key: String,
    unanswered: i64,
    first_attempt_at: Option<i64>,
}

impl BatchRow {
    pub(super) fn read(self) -> Result<Batch, LedgerError> {
        if sha256(&self.body) != self.body_sha256 {
            return Err(LedgerError::Unreadable("batch body"));
        }
        let key =
            Uuid::try_parse(&self.retry_key).map_err(|_| LedgerError::Unreadable("retry key"))?;
        Ok(Batch {
            id: self.batch_id,
            number: self.number,
            kind: Kind::parse(&self.kind)?,
            members: members(&self.members)?,
            clocks: self.clocks,
            not_before: self.not_before,
            body: self.body.into(),
            retry_key: RetryKey::new(key),
            unanswered: self.unanswered,
            first_attempt_at: self.first_attempt_at.map(Timestamp::from_millis),
        })
    }
}

pub(super) fn members(packed: &[u8]) -> Result<Vec<Uuid>, LedgerError> {
    packed
        .chunks(16)
        .map(|id| Uuid::from_slice(id).map_err(|_| LedgerError::Unreadable("member ID")))
        .collect()
}

pub(super) fn pack(members: &[Uuid]) -> Vec<u8> {
    members.iter().flat_map(|id| *id.as_bytes()).collect()
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}
