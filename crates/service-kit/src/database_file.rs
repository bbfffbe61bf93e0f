//! An embedded database's file: named by a URL, readable by its owner alone, held by one process.
//!
//! What speaks SQL stays with the store that owns it; what must be the same for every such file is here.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::FileLock;
use crate::file_lock::FileLockError;
use crate::secret::{self, SecretError};

/// What a committed transaction rests on: a name, a question to SQLite and the only good answer. `SQLite` ignores
/// what it does not know, so that asking for a guarantee is not having it.
pub const GUARANTEES: [(&str, &str, &str); 4] = [
    (
        "journal_mode = WAL",
        "select journal_mode from pragma_journal_mode",
        "wal",
    ),
    (
        "synchronous = FULL",
        "select cast(synchronous as text) from pragma_synchronous",
        "2",
    ),
    (
        "foreign_keys = on",
        "select cast(foreign_keys as text) from pragma_foreign_keys",
        "1",
    ),
    (
        "secure_delete = on",
        "select cast(secure_delete as text) from pragma_secure_delete",
        "1",
    ),
];

/// Where a service keeps what it owns.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DatabaseConfig {
    /// The database: `sqlite:///path/file.db`.
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

/// A file for one database, held until this is dropped.
#[derive(Debug)]
pub struct DatabaseFile {
    path: PathBuf,
    _lock: FileLock,
}

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseFileError {
    /// The setting names something else.
    #[error("DATABASE_URL must look like sqlite:///path/file.db")]
    Url,
    /// Another process holds it.
    #[error(transparent)]
    Lock(#[from] FileLockError),
    /// It cannot be made.
    #[error("cannot make the file {}", .path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl DatabaseFile {
    /// Holds the file that `url` (`sqlite:///path/file.db`) names, made now if there is none. A database in memory is
    /// refused: it would forget.
    pub fn open(url: &SecretString) -> Result<Self, DatabaseFileError> {
        let path = url
            .expose_secret()
            .strip_prefix("sqlite://")
            .ok_or(DatabaseFileError::Url)?;
        if path.is_empty() || path.starts_with(':') || path.contains('?') {
            return Err(DatabaseFileError::Url);
        }
        let path = PathBuf::from(path);
        let lock = FileLock::acquire(&path)?;
        // SQLite gives the files beside it the same mode.
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
        {
            Err(source) if source.kind() != ErrorKind::AlreadyExists => {
                Err(DatabaseFileError::Make { path, source })
            }
            _ => Ok(Self { path, _lock: lock }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
