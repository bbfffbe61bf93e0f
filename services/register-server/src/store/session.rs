use std::time::Duration;

use member_session::FormKind;
use service_kit::Timestamp;
use sqlx::Row as _;

use super::Store;
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

impl Store {
    /// Begins a session, in place of the one that the browser had before.
    pub(crate) async fn begin_session(
        &self,
        session: &NewSession,
        former: Option<&Digest>,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.writer.begin().await?;
        if let Some(former) = former {
            sqlx::query("delete from session where session_digest = ?")
                .bind(former.as_slice())
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(
            "insert into session
             (session_digest, person_digest, sealed, member, created_at, last_seen_at)
             values (?, ?, ?, ?, ?, ?)",
        )
        .bind(session.digest.as_slice())
        .bind(session.person.as_slice())
        .bind(&session.sealed)
        .bind(session.is_member)
        .bind(session.created_at.as_millis())
        .bind(session.created_at.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// The session, unless it was idle too long or is too old.
    pub(crate) async fn session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<StoredSession>, sqlx::Error> {
        sqlx::query(
            "select sealed, member, created_at, last_seen_at,
                    (select kind from kept_form where kept_form.session_digest = session.session_digest)
                        as kept_form
             from session
             where session_digest = ? and last_seen_at > ? and created_at > ?",
        )
        .bind(digest.as_slice())
        .bind((now - IDLE_LIMIT).as_millis())
        .bind((now - ABSOLUTE_LIMIT).as_millis())
        .fetch_optional(&self.readers)
        .await?
        .map(|row| {
            Ok(StoredSession {
                sealed: row.try_get("sealed")?,
                is_member: row.try_get("member")?,
                kept_form: row
                    .try_get::<Option<String>, _>("kept_form")?
                    .and_then(|kind| FormKind::from_slug(&kind)),
                created_at: Timestamp::from_millis(row.try_get("created_at")?),
                last_seen_at: Timestamp::from_millis(row.try_get("last_seen_at")?),
            })
        })
        .transpose()
    }

    /// Notes that the session is in use.
    pub(crate) async fn touch_session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update session set last_seen_at = ?2 where session_digest = ?1 and last_seen_at < ?2",
        )
        .bind(digest.as_slice())
        .bind(now.as_millis())
        .execute(&self.writer)
        .await
        .map(drop)
    }

    /// Notes that they were seen to be a member.
    pub(crate) async fn mark_member(&self, digest: &Digest) -> Result<(), sqlx::Error> {
        sqlx::query("update session set member = 1 where session_digest = ?")
            .bind(digest.as_slice())
            .execute(&self.writer)
            .await
            .map(drop)
    }

    /// Ends one session.
    pub(crate) async fn end_session(&self, digest: &Digest) -> Result<(), sqlx::Error> {
        sqlx::query("delete from session where session_digest = ?")
            .bind(digest.as_slice())
            .execute(&self.writer)
            .await
            .map(drop)
    }

    /// Ends all sessions of a person.
    pub(crate) async fn end_sessions_of(&self, person: &Digest) -> Result<(), sqlx::Error> {
        sqlx::query("delete from session where person_digest = ?")
            .bind(person.as_slice())
            .execute(&self.writer)
            .await
            .map(drop)
    }

    /// Forgets sessions that ended by themselves.
    pub(crate) async fn forget_sessions(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query("delete from session where last_seen_at <= ? or created_at <= ?")
            .bind((now - IDLE_LIMIT).as_millis())
            .bind((now - ABSOLUTE_LIMIT).as_millis())
            .execute(&self.writer)
            .await
            .map(drop)
    }

    /// Keeps a refused form until it is shown again; the latest counts. A session that has ended keeps nothing.
    pub(crate) async fn keep_form(
        &self,
        digest: &Digest,
        kind: FormKind,
        sealed: &[u8],
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into kept_form (session_digest, kind, sealed)
             select session_digest, ?, ? from session where session_digest = ?
             on conflict (session_digest) do update set kind = excluded.kind, sealed = excluded.sealed",
        )
        .bind(kind.slug())
        .bind(sealed)
        .bind(digest.as_slice())
        .execute(&self.writer)
        .await
        .map(drop)
    }

    /// Takes the refused form out, if it is of this kind.
    pub(crate) async fn take_form(
        &self,
        digest: &Digest,
        kind: FormKind,
    ) -> Result<Option<Vec<u8>>, sqlx::Error> {
        sqlx::query_scalar(
            "delete from kept_form where session_digest = ? and kind = ? returning sealed",
        )
        .bind(digest.as_slice())
        .bind(kind.slug())
        .fetch_optional(&self.writer)
        .await
    }
}
