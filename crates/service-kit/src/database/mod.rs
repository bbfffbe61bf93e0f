//! Where a service keeps what it owns, and what a commit must mean there.
//!
//! What speaks SQL stays with the store that owns it; what must be the same for every store is here.

mod file;
mod values;

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

pub use file::{DatabaseFile, DatabaseFileError, SQLITE_GUARANTEES};
pub use values::ManyRows;

use crate::secret::{self, SecretError};

/// What a PostgreSQL server must not have switched off: with one of these `off` it says "committed" of what a power cut
/// may take back.
pub const POSTGRES_GUARANTEES: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// Settings of every session with a PostgreSQL server, in milliseconds where they are times. A client that vanished holds
/// nothing for long, and no statement outlives whoever asked for it.
pub const POSTGRES_SESSION: [(&str, &str); 4] = [
    ("statement_timeout", "5000"),
    ("lock_timeout", "2000"),
    ("idle_in_transaction_session_timeout", "5000"),
    ("tcp_user_timeout", "5000"),
];

/// Where a service keeps what it owns.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DatabaseConfig {
    /// The database: `sqlite:///path/file.db`, or `postgres://user:password@host/name` for several replicas.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// A file that holds the database's address, for it may hold a password.
    #[arg(long, env)]
    pub database_url_file: Option<PathBuf>,
}

impl DatabaseConfig {
    /// The database at this address.
    pub fn at(url: impl Into<SecretString>) -> Self {
        Self {
            database_url: Some(url.into()),
            database_url_file: None,
        }
    }

    /// Its address.
    pub fn url(&self) -> Result<SecretString, SecretError> {
        secret::required(
            "DATABASE_URL",
            self.database_url.as_ref(),
            self.database_url_file.as_deref(),
        )
    }
}

/// Which kind of database an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A file of one process.
    Sqlite,
    /// A server, for any number of processes.
    Postgres,
}

impl DatabaseKind {
    /// The kind that `url` names by its scheme. Anything but `postgres` is left to [`DatabaseFile`] to judge.
    pub fn of(url: &SecretString) -> Self {
        let url = url.expose_secret();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::Postgres
        } else {
            Self::Sqlite
        }
    }
}
