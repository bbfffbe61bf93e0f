//! Logins under way, sessions, and who is leaving. Each method is one transaction.

mod leaving;
mod login;
mod open;
mod session;

use std::sync::atomic::AtomicBool;

use service_kit::DatabaseFile;
use sqlx::SqlitePool;

pub(crate) use leaving::Wish;
pub(crate) use login::Login;
pub use open::OpenError;
pub(crate) use session::NewSession;

/// The store. It is a SQLite file of this process.
#[derive(Debug)]
pub(crate) struct Store {
    /// One connection: SQLite has one writer, and waiting here is fairer than `busy`.
    writer: SqlitePool,
    readers: SqlitePool,
    /// Whether the write-ahead log may hold a user ID that was erased.
    unscrubbed: AtomicBool,
    _file: DatabaseFile,
}

impl Store {
    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        sqlx::query("select 1").execute(&self.writer).await.is_ok()
    }

    /// Closes the file in good order.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
