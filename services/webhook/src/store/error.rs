use std::sync::Arc;

use service_kit::BatcherError;
use service_kit::database::DatabaseFileError;
use sqlx::error::DatabaseError as _;
use sqlx::sqlite::SqliteError;
use tokio_util::sync::CancellationToken;

/// The primary result code of SQLite's I/O errors: the low byte of every code of that family.
const SQLITE_IOERR: i32 = 10;

/// Why the inbox could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    #[error("the inbox cannot be opened")]
    Open(#[from] sqlx::Error),
    #[error("the inbox cannot be brought up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("SQLite does not grant {0}")]
    Guarantee(&'static str),
    #[error(
        "the PostgreSQL server has {0} switched off, and may forget what it said was committed; switch it on, or set PROFILE=dev"
    )]
    Forgetful(&'static str),
}

/// Why the inbox did not do what it was asked. Shared by all whose request was in the same group.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    /// More waits than can be done in time.
    #[error("too many requests wait for the inbox")]
    Full,
    /// It did not answer.
    #[error("the inbox did not answer in time")]
    Late,
    /// A defect of ours.
    #[error("the inbox broke down")]
    BrokeDown,
    /// It failed.
    #[error("the inbox failed")]
    Database(#[source] Arc<sqlx::Error>),
}

impl StoreError {
    /// Tells `broken` if the disk itself has failed.
    ///
    /// After a failed sync nobody knows what of the file is on the disk, and asking again may be told "yes" for pages that
    /// were dropped. What is certain is in the log, which the next opening of the file recovers.
    pub(super) fn new(error: sqlx::Error, broken: &CancellationToken) -> Self {
        let code = error.as_database_error().and_then(|error| {
            error
                .try_downcast_ref::<SqliteError>()?
                .code()?
                .parse::<i32>()
                .ok()
        });
        if code.is_some_and(|code| code & 0xff == SQLITE_IOERR) {
            broken.cancel();
        }
        Self::Database(Arc::new(error))
    }
}

impl From<BatcherError> for StoreError {
    fn from(error: BatcherError) -> Self {
        match error {
            BatcherError::Full => Self::Full,
            BatcherError::BrokeDown => Self::BrokeDown,
        }
    }
}
