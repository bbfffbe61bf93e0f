//! An embedded database's file: named by a URL, readable by its owner alone, held by one process.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::FileLock;
use crate::file_lock::FileLockError;

/// What a committed transaction rests on: a name, a question to SQLite and the only good answer. `SQLite` ignores
/// what it does not know, so that asking for a guarantee is not having it.
pub const SQLITE_GUARANTEES: [(&str, &str, &str); 4] = [
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
    #[error(
        "DATABASE_URL must look like sqlite:///path/file.db or postgres://user:password@host/name"
    )]
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
        let path = Self::named(url)?;
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

    /// Where the file is that `url` names, whether or not there is one: for whoever looks in beside the process that holds it.
    pub fn named(url: &SecretString) -> Result<PathBuf, DatabaseFileError> {
        let path = url.expose_secret().strip_prefix("sqlite://");
        path.filter(|path| !(path.is_empty() || path.starts_with(':') || path.contains('?')))
            .map(PathBuf::from)
            .ok_or(DatabaseFileError::Url)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
