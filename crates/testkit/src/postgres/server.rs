//! A server of one's own.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::programs::{User, find, finish};
use super::{PATIENCE, PAUSE, query};
use crate::{Database, port};

/// Ends the server and removes its folder as soon as its standard input ends: when the [`Server`] is dropped, and when
/// the process that had it is no more, however that ended.
const WATCHMAN: &str = r#"read -r _; "$0" stop -s -D "$1/data" -m immediate; rm -rf "$1""#;

/// What a commit of a server means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It outlives a power cut: PostgreSQL's own settings.
    Durable,
    /// It outlives a killed process, and no more: for tests that do not ask.
    Fast,
}

/// A PostgreSQL server on 127.0.0.1, with its data in a temporary folder. It and its data go when this is dropped, or
/// when the process that had it ends.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    user: User,
    postmaster: Option<Child>,
    watchman: Child,
}

impl Server {
    /// A new server, ready for connections.
    pub fn start(durability: Durability) -> anyhow::Result<Self> {
        Self::with(durability, &[])
    }

    /// A new server with these settings beside, as `("wal_level", "logical")`.
    pub fn with(durability: Durability, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut server = Self::empty()?;
        if durability == Durability::Fast {
            server.setting("fsync", "off");
            server.setting("full_page_writes", "off");
            server.setting("synchronous_commit", "off");
        }
        for (name, value) in settings {
            server.setting(name, value);
        }
        let arguments = [
            "--no-sync",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--pgdata=data",
        ];
        finish(server.program("initdb")?.args(arguments))?;
        server.start_again()?;
        Ok(server)
    }

    /// A standby of `primary`, which follows it and answers reads. For one that a commit waits for, tell the primary
    /// `set("synchronous_standby_names", "*")` afterwards.
    pub fn standby_of(primary: &Self) -> anyhow::Result<Self> {
        let mut server = Self::empty()?;
        server.settings.clone_from(&primary.settings);
        let arguments = ["--checkpoint=fast", "--write-recovery-conf", "--no-sync"];
        finish(server.program("pg_basebackup")?.args(arguments).args([
            "--pgdata=data",
            "--dbname",
            &primary.url(),
        ]))?;
        server.start_again()?;
        Ok(server)
    }

    /// Makes a standby the primary.
    pub fn promote(&self) -> anyhow::Result<()> {
        let promoted = query(&self.url(), "select pg_promote(true, 30)")?;
        ensure!(promoted == "t", "the standby was not promoted in 30 s");
        Ok(())
    }

    /// The address of its administrator's database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// An empty database on it.
    pub fn fresh_database(&self) -> anyhow::Result<Database> {
        Database::on(&self.url())
    }

    /// Changes a setting while it runs, where it can be changed so. What comes after this goes by it.
    pub fn set(&self, name: &str, value: &str) -> anyhow::Result<()> {
        let ask = |sql: &str| query(&self.url(), sql);
        let loaded = || ask("select pg_conf_load_time()");
        let before = loaded()?;
        ask(&format!("alter system set {name} = '{value}'"))?;
        ask("select pg_reload_conf()")?;
        let begin = Instant::now();
        while loaded()? == before {
            ensure!(begin.elapsed() < PATIENCE, "the settings are not read");
        }
        // The checkpointer is who tells all others that commits wait for a standby from now on.
        ask("checkpoint")?;
        Ok(())
    }

    /// Kills the postmaster, as a machine that runs out of memory does. Its other processes end as they notice.
    pub fn kill_9(&mut self) {
        self.end(Signal::KILL);
    }

    /// Stops it in good order: connections are ended, nothing is left to recover.
    pub fn stop(&mut self) {
        self.end(Signal::INT);
    }

    /// Starts it where it was, with the data that it has.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        let begin = Instant::now();
        self.stop();
        loop {
            let mut postmaster = self
                .program("postgres")?
                .args(["-D", "data"])
                .args(["-c", "listen_addresses=127.0.0.1"])
                .args(["-c", &format!("port={}", self.port)])
                .args([
                    "-c",
                    "unix_socket_directories=",
                    "-c",
                    "max_connections=200",
                ])
                .args(self.settings.iter().flat_map(|setting| ["-c", setting]))
                .stdout(Stdio::null())
                .stderr(self.log()?)
                .spawn()?;
            if self.becomes_ready(&mut postmaster)? {
                self.postmaster = Some(postmaster);
                return Ok(());
            }
            // Processes of a killed postmaster hold its shared memory until they notice.
            let said = self.last_words();
            ensure!(
                said.contains("still in use") && begin.elapsed() < PATIENCE,
                "PostgreSQL does not start: {said}"
            );
            thread::sleep(PAUSE);
        }
    }

    fn empty() -> anyhow::Result<Self> {
        let user = User::find()?;
        let folder = tempfile::Builder::new()
            .prefix("testkit-postgres-")
            .tempdir()?
            .keep();
        user.give(&folder)?;
        let watchman = user
            .runs(Path::new("/bin/sh"), &std::env::temp_dir())
            .args(["-c", WATCHMAN])
            .args([&find("pg_ctl")?, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("no shell")?;
        Ok(Self {
            folder,
            port: port::free(),
            settings: Vec::new(),
            user,
            postmaster: None,
            watchman,
        })
    }

    fn setting(&mut self, name: &str, value: &str) {
        self.settings.push(format!("{name}={value}"));
    }

    fn program(&self, name: &str) -> anyhow::Result<Command> {
        Ok(self.user.runs(&find(name)?, &self.folder))
    }

    fn log(&self) -> anyhow::Result<File> {
        let log = self.folder.join("log");
        Ok(OpenOptions::new().create(true).append(true).open(log)?)
    }

    /// The last lines of its log.
    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(3)..].join("; ")
    }

    /// Whether it opens for connections, rather than end. What it does it writes into `postmaster.pid`.
    fn becomes_ready(&self, postmaster: &mut Child) -> anyhow::Result<bool> {
        let begin = Instant::now();
        let states = self.folder.join("data/postmaster.pid");
        let id = postmaster.id().to_string();
        while postmaster.try_wait()?.is_none() {
            let states = fs::read_to_string(&states).unwrap_or_default();
            let mut lines = states.lines().map(str::trim);
            let state = (lines.next() == Some(&id)).then(|| lines.nth(6)).flatten();
            if matches!(state, Some("ready" | "standby")) {
                return Ok(true);
            }
            if begin.elapsed() > PATIENCE {
                postmaster.kill()?;
                postmaster.wait()?;
                bail!(
                    "PostgreSQL is not ready after {PATIENCE:?}: {}",
                    self.last_words()
                );
            }
            thread::sleep(PAUSE);
        }
        Ok(false)
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut postmaster) = self.postmaster.take() {
            let _ = kill_process(Pid::from_child(&postmaster), signal);
            let _ = postmaster.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchman.stdin.take());
        let _ = self.watchman.wait();
        self.end(Signal::KILL);
    }
}
