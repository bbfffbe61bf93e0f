//! The data folder: databases, keys and secrets, readable by their owner only.

use std::fs::{DirBuilder, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use service_kit::FileLock;
use tempfile::{NamedTempFile, TempDir};

/// A folder that one `kaiin` holds at a time.
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: FileLock,
    /// Removed with everything in it when this is dropped.
    _ephemeral: Option<TempDir>,
}

impl DataFolder {
    /// Takes the folder at `path`, made now if there is none.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        make_private(path)?;
        let path = path.canonicalize()?;
        let lock = FileLock::acquire(&path.join("kaiin")).with_context(|| {
            format!(
                "another kaiin is running on the data folder {}",
                path.display()
            )
        })?;
        Ok(Self {
            path,
            _lock: lock,
            _ephemeral: None,
        })
    }

    /// A folder that is gone afterwards.
    pub(crate) fn ephemeral() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("kaiin-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let data = Self::open(folder.path())?;
        Ok(Self {
            _ephemeral: Some(folder),
            ..data
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A folder inside, made now if there is none.
    pub(crate) fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        make_private(&path)?;
        Ok(path)
    }

    /// The `DATABASE_URL` of the part called `part`.
    pub(crate) fn database_url(&self, part: &str) -> String {
        database_url(&self.path, part)
    }
}

/// The `DATABASE_URL` of the part called `part` in a data folder that somebody else may hold.
pub(crate) fn database_url(folder: &Path, part: &str) -> String {
    format!("sqlite://{}", database_file(folder, part).display())
}

/// The database of the part called `part`.
pub(crate) fn database_file(folder: &Path, part: &str) -> PathBuf {
    folder.join(format!("{part}.db"))
}

fn make_private(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the folder {}", path.display()))
}

/// Replaces a file at once: a reader sees the old text or the new, never half of one, and only its owner sees any.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut draft = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    draft.write_all(text.as_bytes())?;
    draft
        .persist(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}
