//! PostgreSQL's programs, run as somebody whom they accept.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

/// Where Debian and its like keep a server's programs, one folder per version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// The user as whom a server runs: oneself, or `postgres` where oneself is root, for a server refuses root.
#[derive(Debug, Clone, Copy)]
pub(super) struct User(Option<(u32, u32)>);

impl User {
    pub(super) fn find() -> anyhow::Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let id = |flag| -> anyhow::Result<u32> {
            let output = Command::new("id").args([flag, "postgres"]).output()?;
            let id = String::from_utf8_lossy(&output.stdout);
            id.trim().parse().context(
                "PostgreSQL does not run as root, and there is no user `postgres` to run it as",
            )
        };
        Ok(Self(Some((id("-u")?, id("-g")?))))
    }

    /// Gives a folder to this user.
    pub(super) fn give(self, folder: &Path) -> anyhow::Result<()> {
        if let Self(Some((user, group))) = self {
            chown(folder, Some(user), Some(group))
                .with_context(|| format!("cannot give {} to postgres", folder.display()))?;
        }
        Ok(())
    }

    /// A program that this user runs in `folder`, with nothing of our environment, in a process group of its own: who
    /// ends a test with its group must not end what tidies up after it.
    pub(super) fn runs(self, program: &Path, folder: &Path) -> Command {
        let mut command = bare(program);
        command.current_dir(folder).process_group(0);
        if let Self(Some((user, group))) = self {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A client program, run as ourselves.
pub(super) fn as_ourselves(name: &str) -> anyhow::Result<Command> {
    Ok(bare(&find(name)?))
}

/// A program of the newest version that is installed, or the one on `PATH`.
pub(super) fn find(name: &str) -> anyhow::Result<PathBuf> {
    let installed = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let newest = installed
        .filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let program = version.path().join("bin").join(name);
            program.exists().then_some((number, program))
        })
        .max();
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.exists())
    };
    newest
        .map(|(_, program)| program)
        .or_else(on_path)
        .with_context(|| {
            format!("no program `{name}`: install PostgreSQL (the Debian package postgresql)")
        })
}

/// Runs a program to its end.
pub(super) fn finish(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    ensure!(
        output.status.success(),
        "{} failed: {}",
        command.get_program().display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// PostgreSQL's programs take settings from the environment; a test's must not depend on it.
fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    command
}
