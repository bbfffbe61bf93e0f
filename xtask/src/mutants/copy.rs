use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use super::Edit;
use crate::shell::{cargo, root};

/// The sources as they are now, tracked or new, in a folder of their own.
pub(super) struct Copy {
    folder: PathBuf,
    /// What the changed files held before.
    originals: BTreeMap<PathBuf, Vec<u8>>,
}

impl Copy {
    /// Brings the copy up to date. A file that did not change is left alone, so that it is not built again.
    pub(super) fn make() -> anyhow::Result<Self> {
        let folder = root().join("target/mutants/tree");
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(root())
            .output()
            .context("cannot run git")?;
        ensure!(listed.status.success(), "git does not list the files");
        let listed = String::from_utf8(listed.stdout)?;
        let files: Vec<&Path> = listed
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(Path::new)
            .filter(|file| root().join(file).is_file())
            .collect();
        remove_others(&folder, Path::new(""), &files)?;
        for file in files {
            let content = fs::read(root().join(file))?;
            let to = folder.join(file);
            if fs::read(&to).is_ok_and(|there| there == content) {
                continue;
            }
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&to, content)?;
        }
        Ok(Self {
            folder,
            originals: BTreeMap::new(),
        })
    }

    /// Makes all edits.
    pub(super) fn apply(&mut self, edits: &[Edit]) -> anyhow::Result<()> {
        for (file, content) in edited(&self.folder, edits)? {
            let original = fs::read(&file)?;
            fs::write(&file, content)?;
            self.originals.insert(file, original);
        }
        Ok(())
    }

    /// Takes all edits back.
    pub(super) fn restore(&mut self) -> anyhow::Result<()> {
        for (file, content) in std::mem::take(&mut self.originals) {
            fs::write(file, content)?;
        }
        Ok(())
    }

    /// Cargo in the copy, with its own builds.
    pub(super) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(arguments);
        command
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", root().join("target/mutants/target"));
        command
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = self.restore();
    }
}

/// The files of `folder` as the edits leave them. Each edit's text must be there exactly once.
pub(super) fn edited(folder: &Path, edits: &[Edit]) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    for edit in edits {
        let file = folder.join(edit.file);
        let content = match files.remove(&file) {
            Some(content) => content,
            None => fs::read_to_string(&file).with_context(|| format!("no file {}", edit.file))?,
        };
        let times = content.matches(edit.find).count();
        ensure!(
            times == 1,
            "{} has this text {times} times, not once:\n{}",
            edit.file,
            edit.find
        );
        files.insert(file, content.replace(edit.find, edit.replace));
    }
    Ok(files)
}

/// Removes what the sources no longer have.
fn remove_others(folder: &Path, below: &Path, files: &[&Path]) -> anyhow::Result<()> {
    let Ok(entries) = fs::read_dir(folder.join(below)) else {
        return Ok(());
    };
    for entry in entries {
        let entry = entry?;
        let name = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            remove_others(folder, &name, files)?;
        } else if !files.contains(&name.as_path()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
