use service_kit::database::DatabaseFileError;
use sqlx::migrate::{MigrateError, Migrator};

/// The ledger could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file, or another process has it open.
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    /// The database does not open it.
    #[error("the ledger cannot be opened")]
    Open(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the ledger cannot be migrated")]
    Migrate(#[from] MigrateError),
    /// A commit would not be durable, or something erased would stay.
    #[error("SQLite does not grant {0}")]
    Guarantee(&'static str),
    /// The same of a PostgreSQL server.
    #[error(
        "the PostgreSQL server has {0} switched off, and may forget what it said was committed; switch it on, or set PROFILE=dev"
    )]
    Forgetful(&'static str),
    /// Nothing was ever sent from here.
    #[error("there is no ledger yet; `run` and `serve` make it")]
    NoLedger,
    /// It is something else's.
    #[error("this database is not push-msg's ledger")]
    NotALedger(#[source] sqlx::Error),
    /// A program of another version serves it.
    #[error("the ledger is of {0} version than this program; use the one that sends")]
    Version(&'static str),
}

pub(super) const APPLIED: &str =
    "select version from _sqlx_migrations where success order by version";

/// Whether the tables are as this program knows them. A newer release only adds to them, but may mean more by them.
pub(super) fn check_version(ours: &Migrator, applied: &[i64]) -> Result<(), OpenError> {
    let is_known = |version: &i64| ours.iter().any(|known| known.version == *version);
    if !applied.iter().all(is_known) {
        return Err(OpenError::Version("a newer"));
    }
    if ours.iter().count() > applied.len() {
        return Err(OpenError::Version("an older"));
    }
    Ok(())
}
