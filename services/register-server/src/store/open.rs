use std::time::Duration;

use secrecy::SecretString;
use service_kit::Profile;
use service_kit::database::{DatabaseFileError, DatabaseKind};
use sqlx::migrate::MigrateError;

use super::Store;
use super::postgres::Postgres;
use super::sqlite::Sqlite;

/// Who waits longer for a connection is told to come back.
pub(super) const ACQUIRE_LIMIT: Duration = Duration::from_secs(1);

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file, or another process has it open.
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    /// It does not let us in.
    #[error("the database cannot be opened")]
    Open(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the database cannot be migrated")]
    Migrate(#[from] MigrateError),
    /// A commit would not be durable, or something erased would stay.
    #[error("SQLite does not grant {0}")]
    Guarantee(&'static str),
    /// A commit would not be durable.
    #[error(
        "PostgreSQL runs with {0} = off and may lose what it has committed: the production profile needs it on"
    )]
    ServerGuarantee(&'static str),
}

impl Store {
    /// Opens what `database_url` names: a file, alone, or a server together with other replicas.
    pub(crate) async fn open(
        database_url: &SecretString,
        profile: Profile,
    ) -> Result<Self, OpenError> {
        match DatabaseKind::of(database_url) {
            DatabaseKind::Sqlite => Sqlite::open(database_url).await.map(Self::Sqlite),
            DatabaseKind::Postgres => Postgres::open(database_url, profile)
                .await
                .map(Self::Postgres),
        }
    }
}
