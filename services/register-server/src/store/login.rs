use std::time::Duration;

use line_api::login::{CodeVerifier, Nonce};
use member_session::Language;
use service_kit::Timestamp;

use super::{Store, in_time};
use crate::digest::Digest;
use crate::line::Attempt;

/// How long signing in may take.
const LIFE: Duration = Duration::from_mins(10);
/// Tabs of one browser that may be signing in at once.
pub(super) const PER_BROWSER: i64 = 16;
/// Logins that may be under way in all; the oldest make room. At 400 bytes each, 40 MB.
pub(super) const IN_ALL: i64 = 100_000;

/// A login to be kept. Others that began by `over` are over.
#[derive(Debug)]
pub(super) struct NewLogin<'a> {
    pub(super) state: Digest,
    pub(super) browser: &'a Digest,
    pub(super) attempt: &'a Attempt,
    pub(super) language: Language,
    pub(super) now: Timestamp,
    pub(super) over: Timestamp,
}

/// What is kept of a login: nonce, verifier and language.
pub(super) type LoginRow = (String, String, String);

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
        let login = NewLogin {
            state: Digest::of(attempt.state.expose()),
            browser,
            attempt,
            language,
            now,
            over: now - LIFE,
        };
        match self {
            Self::Sqlite(db) => db.start_login(&login).await,
            Self::Postgres(db) => in_time(db.start_login(&login)).await,
        }
    }

    /// Takes the login out, if it is this browser's and not too old. Of many that ask, one gets it.
    pub(crate) async fn take_login(
        &self,
        state: &str,
        browser: &Digest,
        now: Timestamp,
    ) -> Result<Option<Login>, sqlx::Error> {
        let (state, over) = (Digest::of(state), now - LIFE);
        let taken = match self {
            Self::Sqlite(db) => db.take_login(&state, browser, over).await,
            Self::Postgres(db) => in_time(db.take_login(&state, browser, over)).await,
        }?;
        Ok(taken.map(|(nonce, verifier, language)| Login {
            nonce: Nonce::from_stored(nonce),
            verifier: CodeVerifier::from_stored(verifier),
            language: Language::from_tag(&language).unwrap_or_default(),
        }))
    }

    /// Forgets logins that nobody finished.
    pub(crate) async fn forget_logins(&self, now: Timestamp) -> Result<(), sqlx::Error> {
        let over = now - LIFE;
        match self {
            Self::Sqlite(db) => db.forget_logins(over).await,
            Self::Postgres(db) => in_time(db.forget_logins(over)).await,
        }
    }
}
