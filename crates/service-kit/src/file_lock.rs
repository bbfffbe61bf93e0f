//! One process per embedded database.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// Holds `<path>.lock` for as long as it lives; the operating system lets go when the process ends, however it ends.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

/// Why the lock was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum FileLockError {
    /// Another process holds it.
    #[error("{} is in use by another process; stop that one first", .0.display())]
    Held(PathBuf),
    /// The lock file could not be opened or locked.
    #[error("cannot lock {}", .path.display())]
    Io {
        /// What was to be locked.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl FileLock {
    /// Takes the lock beside `path`, creating its folder if need be. Does not wait.
    pub fn acquire(path: &Path) -> Result<Self, FileLockError> {
        let failed = |source| FileLockError::Io {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(lock_path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(FileLockError::Held(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
