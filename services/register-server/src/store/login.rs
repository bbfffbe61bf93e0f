use std::time::Duration;

use line_api::login::{CodeVerifier, Nonce};
use member_session::Language;
use service_kit::Timestamp;
use sqlx::Row as _;

use super::Store;
use crate::digest::Digest;
use crate::line::Attempt;

/// How long signing in may take.
const LIFE: Duration = Duration::from_mins(10);
/// Tabs of one browser that may be signing in at once.
const PER_BROWSER: i64 = 16;
/// Logins that may be under way in all; the oldest make room. At 400 bytes each, 40 MB.
const IN_ALL: i64 = 100_000;

/// A login under way.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) nonce: Nonce,
    pub(crate) verifier: CodeVerifier,
    pub(crate) language: Language,
}

impl Store {
    /// Keeps a login of this browser until it comes back, and makes room for it.
    pub(crate) async fn start_login(
        &self,
        attempt: &Attempt,
        browser: &Digest,
        language: Language,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.writer.begin().await?;
        let id = sqlx::query(
            "insert into login
             (state_digest, browser_digest, nonce, pkce_verifier, language, created_at)
             values (?, ?, ?, ?, ?, ?)",
        )
        .bind(Digest::of(attempt.state.expose()).as_slice())
        .bind(browser.as_slice())
        .bind(attempt.nonce.expose())
        .bind(attempt.verifier.expose())
        .bind(language.tag())
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?
        .last_insert_rowid();
        sqlx::query("delete from login where created_at <= ? or login_id <= ?")
            .bind((now - LIFE).as_millis())
            .bind(id - IN_ALL)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "delete from login where login_id in (
                 select login_id from login where browser_digest = ?
                 order by login_id desc limit -1 offset ?)",
        )
        .bind(browser.as_slice())
        .bind(PER_BROWSER)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Takes the login out, if it is this browser's and not too old. Of many that ask, one gets it.
    pub(crate) async fn take_login(
        &self,
        state: &str,
        browser: &Digest,
        now: Timestamp,
    ) -> Result<Option<Login>, sqlx::Error> {
        sqlx::query(
            "delete from login
             where state_digest = ? and browser_digest = ? and created_at > ?
             returning nonce, pkce_verifier, language",
        )
        .bind(Digest::of(state).as_slice())
        .bind(browser.as_slice())
        .bind((now - LIFE).as_millis())
        .fetch_optional(&self.writer)
        .await?
        .map(|row| {
            Ok(Login {
                nonce: Nonce::from_stored(row.try_get::<String, _>("nonce")?),
                verifier: CodeVerifier::from_stored(row.try_get::<String, _>("pkce_verifier")?),
                language: Language::from_tag(row.try_get("language")?).unwrap_or_default(),
            })
        })
        .transpose()
    }

    /// Forgets logins that nobody finished.
    pub(crate) async fn forget_logins(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query("delete from login where created_at <= ?")
            .bind((now - LIFE).as_millis())
            .execute(&self.writer)
            .await
            .map(drop)
    }
}
