//! Logins under way, sessions, and who is leaving.
//!
//! What a question means is written here once; each kind of database asks it in its own SQL, one transaction each.
//! SQLite has one writer, so its transactions come one after another. PostgreSQL has as many as there are replicas:
//! what relies on an order there takes a lock that says so, and no two wait for each other.

mod beside;
mod leaving;
mod login;
mod open;
mod postgres;
mod residue;
mod session;
mod sqlite;

pub(crate) use beside::Beside;
pub(crate) use leaving::Wish;
pub(crate) use login::Login;
pub use open::OpenError;
pub(crate) use session::NewSession;

use postgres::{Postgres, in_time};
use sqlite::Sqlite;

/// Where logins, sessions and wishes to leave are kept.
#[derive(Debug)]
pub(crate) enum Store {
    /// A file of this process.
    Sqlite(Sqlite),
    /// A server that replicas share.
    Postgres(Postgres),
}

impl Store {
    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        match self {
            Self::Sqlite(db) => db.ping().await.is_ok(),
            Self::Postgres(db) => in_time(db.ping()).await.is_ok(),
        }
    }

    /// Lets go of it in good order.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(db) => db.close().await,
            Self::Postgres(db) => db.close().await,
        }
    }
}
