use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::time::Duration;

use line_api::login::{CodeVerifier, Nonce};
use member_session::{Language, Page};
use service_kit::Timestamp;

use super::{Store, in_time};
use crate::client::Client;
use crate::digest::Digest;
use crate::line::Attempt;

/// How long signing in may take.
const LIFE: Duration = Duration::from_mins(10);
/// Tabs of one browser that may be signing in at once.
pub(super) const PER_BROWSER: i64 = 16;
/// All logins of one address are in one place, whichever; others share it.
const PLACES: u64 = 256;
/// Logins that may be under way in one place; its oldest make room. In all places that is 100,000, of 400 bytes each:
/// 40 MB. A flood from one address pushes nobody out of the other 255.
pub(super) const PER_PLACE: i64 = 400;

/// A login to be kept. Others that began by `over` are over.
#[derive(Debug)]
pub(super) struct NewLogin<'a> {
    pub(super) state: Digest,
    pub(super) browser: &'a Digest,
    pub(super) attempt: &'a Attempt,
    pub(super) place: i16,
    pub(super) language: Language,
    pub(super) next: Option<Page>,
    pub(super) now: Timestamp,
    pub(super) over: Timestamp,
}

/// What is kept of a login: nonce, verifier, language and the path of the page to see next.
pub(super) type LoginRow = (String, String, String, Option<String>);

/// Where a login of this client stands; anywhere, if the client is not known. Nobody outside can tell who shares a
/// place with whom, and each process has its own order.
fn place(client: Option<Client>, state: &Digest) -> i16 {
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let noise = match client {
        Some(client) => SEED.hash_one(client),
        None => SEED.hash_one(state.as_slice()),
    };
    i16::try_from(noise % PLACES).unwrap_or_default()
}

/// A login under way.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) nonce: Nonce,
    pub(crate) verifier: CodeVerifier,
    pub(crate) language: Language,
    /// The page that a member wants to see.
    pub(crate) next: Option<Page>,
}

impl Store {
    /// Keeps a login of this browser until it comes back, and makes room for it.
    pub(crate) async fn start_login(
        &self,
        attempt: &Attempt,
        browser: &Digest,
        client: Option<Client>,
        (language, next): (Language, Option<Page>),
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let state = Digest::of(attempt.state.expose());
        let login = NewLogin {
            place: place(client, &state),
            state,
            browser,
            attempt,
            language,
            next,
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
        Ok(taken.map(|(nonce, verifier, language, next)| Login {
            nonce: Nonce::from_stored(nonce),
            verifier: CodeVerifier::from_stored(verifier),
            language: Language::from_tag(&language).unwrap_or_default(),
            next: next.as_deref().and_then(Page::sought),
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
