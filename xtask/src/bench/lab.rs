//! Where measurements take place: a folder on the disk, one PostgreSQL server on the servers' core.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use testkit::Database;
use testkit::postgres::{self, Durability};

use crate::process::Core;
use crate::shell::root;

/// PostgreSQL's default, 128 MB, is for machines of another time.
pub(super) const MEMORY: (&str, &str) = ("shared_buffers", "1GB");

pub(super) struct Lab {
    /// How long a figure is measured.
    pub(super) seconds: Duration,
    folder: TempDir,
    folders: usize,
    server: Option<(postgres::Server, u32)>,
}

impl Lab {
    pub(super) fn new(seconds: f64) -> anyhow::Result<Self> {
        let parent = root().join("target/bench");
        fs::create_dir_all(&parent)?;
        Ok(Self {
            seconds: Duration::from_secs_f64(seconds),
            folder: tempfile::Builder::new().prefix("run-").tempdir_in(parent)?,
            folders: 0,
            server: None,
        })
    }

    /// A file beside the databases.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An empty folder; the one before it goes, for the events of a minute fill gigabytes.
    pub(super) fn folder(&mut self) -> anyhow::Result<PathBuf> {
        let name = |number: usize| self.folder.path().join(number.to_string());
        let _ = fs::remove_dir_all(name(self.folders));
        let folder = name(self.folders + 1);
        fs::create_dir(&folder)?;
        self.folders += 1;
        Ok(folder)
    }

    /// An empty database on a server with PostgreSQL's own, durable settings and the memory of one that holds a million members,
    /// and the server's process.
    pub(super) fn postgres(&mut self) -> anyhow::Result<(Database, u32)> {
        if self.server.is_none() {
            let server = postgres::Server::with(Durability::Durable, &[MEMORY])?;
            let process = postmaster(&server)?;
            pin(process)?;
            self.server = Some((server, process));
        }
        let (server, process) = self.server.as_ref().context("no server")?;
        Ok((server.fresh_database()?, *process))
    }
}

/// The process that all of a server's processes come from.
fn postmaster(server: &postgres::Server) -> anyhow::Result<u32> {
    let child = postgres::query(
        &server.url(),
        "select pid from pg_stat_activity where backend_type = 'checkpointer'",
    )?;
    let stat = fs::read_to_string(Path::new("/proc").join(&child).join("stat"))?;
    let (_, rest) = stat.rsplit_once(") ").context("no parent")?;
    Ok(rest.split(' ').nth(1).context("no parent")?.parse()?)
}

/// Moves a running server with all it has started to the servers' core; what it starts later follows.
fn pin(postmaster: u32) -> anyhow::Result<()> {
    if !Core::can_pin() {
        return Ok(());
    }
    for process in crate::process::tree(&[postmaster]) {
        Command::new("taskset")
            .args([
                "-a",
                "-c",
                "-p",
                Core::Server.number(),
                &process.to_string(),
            ])
            .output()?;
    }
    Ok(())
}
