use member_session::FormKind;
use service_kit::Timestamp;

use super::Postgres;
use crate::digest::Digest;
use crate::store::session::{NewSession, Over, SessionRow};

impl Postgres {
    pub(in crate::store) async fn begin_session(
        &self,
        session: &NewSession,
        former: Option<&Digest>,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        if let Some(former) = former {
            sqlx::query("delete from session where session_digest = $1")
                .bind(former.as_slice())
                .execute(&mut *tx)
                .await?;
        }
        sqlx::query(
            "insert into session
             (session_digest, person_digest, sealed, member, created_at, last_seen_at)
             values ($1, $2, $3, $4, $5, $5)",
        )
        .bind(session.digest.as_slice())
        .bind(session.person.as_slice())
        .bind(&session.sealed)
        .bind(session.is_member)
        .bind(session.created_at.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    pub(in crate::store) async fn session(
        &self,
        digest: &Digest,
        over: Over,
    ) -> Result<Option<SessionRow>, sqlx::Error> {
        sqlx::query_as(
            "select session.sealed, member, created_at, last_seen_at, kind
             from session left join kept_form using (session_digest)
             where session_digest = $1 and last_seen_at > $2 and created_at > $3",
        )
        .bind(digest.as_slice())
        .bind(over.seen.as_millis())
        .bind(over.begun.as_millis())
        .fetch_optional(&self.pool)
        .await
    }

    pub(in crate::store) async fn touch_session(
        &self,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update session set last_seen_at = $2 where session_digest = $1 and last_seen_at < $2",
        )
        .bind(digest.as_slice())
        .bind(now.as_millis())
        .execute(&self.pool)
        .await
        .map(drop)
    }

    pub(in crate::store) async fn mark_member(&self, digest: &Digest) -> Result<(), sqlx::Error> {
        sqlx::query("update session set member = true where session_digest = $1")
            .bind(digest.as_slice())
            .execute(&self.pool)
            .await
            .map(drop)
    }

    pub(in crate::store) async fn end_session(&self, digest: &Digest) -> Result<(), sqlx::Error> {
        sqlx::query("delete from session where session_digest = $1")
            .bind(digest.as_slice())
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// In the order of their key: two requests that end the same sessions do not wait for each other.
    pub(in crate::store) async fn end_sessions_of(
        &self,
        person: &Digest,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "delete from session where session_digest in (
                 select session_digest from session where person_digest = $1
                 order by session_digest for update)",
        )
        .bind(person.as_slice())
        .execute(&self.pool)
        .await
        .map(drop)
    }

    pub(in crate::store) async fn forget_sessions(&self, over: Over) -> Result<(), sqlx::Error> {
        sqlx::query(
            "delete from session where session_digest in (
                 select session_digest from session where last_seen_at <= $1 or created_at <= $2
                 for update skip locked)",
        )
        .bind(over.seen.as_millis())
        .bind(over.begun.as_millis())
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// `for key share` waits for whoever is ending the session, and then finds it ended.
    pub(in crate::store) async fn keep_form(
        &self,
        digest: &Digest,
        kind: FormKind,
        sealed: &[u8],
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into kept_form (session_digest, kind, sealed)
             select session_digest, $1, $2 from session where session_digest = $3 for key share
             on conflict (session_digest) do update set kind = excluded.kind, sealed = excluded.sealed",
        )
        .bind(kind.slug())
        .bind(sealed)
        .bind(digest.as_slice())
        .execute(&self.pool)
        .await
        .map(drop)
    }

    pub(in crate::store) async fn take_form(
        &self,
        digest: &Digest,
        kind: FormKind,
    ) -> Result<Option<Vec<u8>>, sqlx::Error> {
        sqlx::query_scalar(
            "delete from kept_form where session_digest = $1 and kind = $2 returning sealed",
        )
        .bind(digest.as_slice())
        .bind(kind.slug())
        .fetch_optional(&self.pool)
        .await
    }
}
