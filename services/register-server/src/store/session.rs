use std::time::Duration;

use member_session::FormKind;
use service_kit::Timestamp;

use super::{Store, in_time};
use crate::digest::Digest;

/// A session ends when nothing was asked of it for so long.
const IDLE_LIMIT: Duration = Duration::from_mins(30);
/// A session ends so long after signing in, whatever is asked of it.
const ABSOLUTE_LIMIT: Duration = Duration::from_hours(12);

/// A session to be kept.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) digest: Digest,
    pub(crate) person: Digest,
    pub(crate) sealed: Vec<u8>,
    pub(crate) is_member: bool,
    pub(crate) created_at: Timestamp,
}

/// A session as it is kept: who it is stays sealed.
#[derive(Debug)]
pub(crate) struct StoredSession {
    pub(crate) sealed: Vec<u8>,
    pub(crate) is_member: bool,
    pub(crate) kept_form: Option<FormKind>,
    pub(crate) created_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
}

/// `sealed, member, created_at, last_seen_at`, and the kind of the kept form.
pub(super) type SessionRow = (Vec<u8>, bool, i64, i64, Option<String>);

/// A session is over that was last seen, or began, by then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Over {
    pub(super) seen: Timestamp,
    pub(super) begun: Timestamp,
}

impl Over {
    fn at(now: Timestamp) -> Self {
        Self {
            seen: now - IDLE_LIMIT,
            begun: now - ABSOLUTE_LIMIT,
        }
    }
}

impl Store {
    /// Begins a session, in place of the one that the browser had before.
    pub(crate) async fn begin_session(
        &self,
        session: &NewSession,
        former: Option<&Digest>,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.begin_session(session, former).await,
            Self::Postgres(db) => in_time(db.begin_session(session, former)).await,
        }
    }

    /// The session, unless it was idle too long or is too old.
    pub(crate) async fn session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<StoredSession>, sqlx::Error> {
        let over = Over::at(now);
        let row = match self {
            Self::Sqlite(db) => db.session(digest, over).await,
            Self::Postgres(db) => in_time(db.session(digest, over)).await,
        }?;
        Ok(row.map(
            |(sealed, is_member, created_at, last_seen_at, kept_form)| StoredSession {
                sealed,
                is_member,
                kept_form: kept_form.and_then(|kind| FormKind::from_slug(&kind)),
                created_at: Timestamp::from_millis(created_at),
                last_seen_at: Timestamp::from_millis(last_seen_at),
            },
        ))
    }

    /// Notes that the session is in use.
    pub(crate) async fn touch_session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.touch_session(digest, now).await,
            Self::Postgres(db) => in_time(db.touch_session(digest, now)).await,
        }
    }

    /// Notes that they were seen to be a member.
    pub(crate) async fn mark_member(&self, digest: &Digest) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.mark_member(digest).await,
            Self::Postgres(db) => in_time(db.mark_member(digest)).await,
        }
    }

    /// Ends one session.
    pub(crate) async fn end_session(&self, digest: &Digest) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.end_session(digest).await,
            Self::Postgres(db) => in_time(db.end_session(digest)).await,
        }
    }

    /// Ends all sessions of a person.
    pub(crate) async fn end_sessions_of(&self, person: &Digest) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.end_sessions_of(person).await,
            Self::Postgres(db) => in_time(db.end_sessions_of(person)).await,
        }
    }

    /// Forgets sessions that ended by themselves.
    pub(crate) async fn forget_sessions(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        let over = Over::at(now);
        match self {
            Self::Sqlite(db) => db.forget_sessions(over).await,
            Self::Postgres(db) => in_time(db.forget_sessions(over)).await,
        }
    }

    /// Keeps a refused form until it is shown again; the latest counts. A session that has ended keeps nothing.
    pub(crate) async fn keep_form(
        &self,
        digest: &Digest,
        kind: FormKind,
        sealed: &[u8],
    ) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.keep_form(digest, kind, sealed).await,
            Self::Postgres(db) => in_time(db.keep_form(digest, kind, sealed)).await,
        }
    }

    /// Takes the refused form out, if it is of this kind.
    pub(crate) async fn take_form(
        &self,
        digest: &Digest,
        kind: FormKind,
    ) -> Result<Option<Vec<u8>>, sqlx::Error> {
        match self {
            Self::Sqlite(db) => db.take_form(digest, kind).await,
            Self::Postgres(db) => in_time(db.take_form(digest, kind)).await,
        }
    }
}
