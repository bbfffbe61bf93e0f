//! Which data folder a command is about that looks after what one part keeps.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::{DEV_FOLDER, UP_FOLDER};
use crate::data::database_file;

/// What a part keeps, in the words of its operator.
pub(super) struct Kept {
    part: &'static str,
    /// With its article: `an inbox`.
    what: &'static str,
}

impl Kept {
    pub(super) const fn by(part: &'static str, what: &'static str) -> Self {
        Self { part, what }
    }

    /// The folder that was named, else the only one of the usual two that has it.
    pub(super) fn folder(&self, named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
        let folder = match named {
            Some(folder) => folder,
            None => self
                .the_one_of([UP_FOLDER, DEV_FOLDER].map(Path::new))?
                .to_owned(),
        };
        if !self.is_in(&folder) {
            bail!(
                "there is no {} in the data folder {} yet; it is made when the suite first starts",
                self.name(),
                folder.display()
            );
        }
        Ok(folder)
    }

    /// What is real people's is never taken for what is simulated ones', nor the other way round.
    fn the_one_of<'f>(&self, [up, dev]: [&'f Path; 2]) -> anyhow::Result<&'f Path> {
        match (self.is_in(up), self.is_in(dev)) {
            (true, true) => bail!(
                "both {} and {} have {}; say which one with --data",
                up.display(),
                dev.display(),
                self.what
            ),
            (true, false) => Ok(up),
            (false, true) => Ok(dev),
            (false, false) => bail!(
                "there is no {} here yet: neither {} nor {} has one; --data names another folder",
                self.name(),
                up.display(),
                dev.display()
            ),
        }
    }

    fn is_in(&self, folder: &Path) -> bool {
        database_file(folder, self.part).exists()
    }

    fn name(&self) -> &'static str {
        self.what
            .split_once(' ')
            .map_or(self.what, |(_, name)| name)
    }
}
