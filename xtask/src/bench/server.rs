//! Servers under measurement.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use testkit::Database;

use super::lab::Lab;
use super::start::{is_ready, program};
use crate::process::{Core, Running, free_addr, get};

/// Where a service keeps what it owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    pub(super) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// A database of a [`Store`], empty at first. It goes with this.
pub(super) struct Place {
    pub(super) url: String,
    /// Of a server that keeps it.
    pub(super) process: Option<u32>,
    _database: Option<Database>,
}

impl Place {
    /// A file, or a database of the lab's server.
    pub(super) fn new(lab: &mut Lab, store: Store, file: &Path) -> anyhow::Result<Self> {
        Ok(match store {
            Store::Sqlite => Self {
                url: format!("sqlite://{}", file.display()),
                process: None,
                _database: None,
            },
            Store::Postgres => {
                let (database, process) = lab.postgres()?;
                Self {
                    url: database.url(),
                    process: Some(process),
                    _database: Some(database),
                }
            }
        })
    }
}

/// A server that answers; it and all that belongs to it ends with this.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    pub(super) process: u32,
    /// Whose time counts: the server and its database.
    pub(super) roots: Vec<u32>,
    /// Where api-users and LINE are played.
    pub(super) stub: Option<SocketAddr>,
    /// The number of the first event or new member that its database has not seen.
    pub(super) first: u64,
    /// Where its callers' tokens are.
    pub(super) tokens: Option<PathBuf>,
    /// Ends with this, before the database.
    running: Vec<Running>,
    place: Option<Place>,
}

/// The slowest peers take seconds to start.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The limit of the machine for this stack.
pub(super) fn reference(lab: &Lab) -> anyhow::Result<Server> {
    let addr = free_addr();
    let mut command = Core::Server.command(&program("bench"));
    command.args(["reference", "--listen", &addr.to_string()]);
    let mut running = Running::start(command, &lab.file("reference.log"))?;
    running.wait_until(PATIENCE, || get(addr, "/").is_ok())?;
    Ok(Server::new(addr, running))
}

/// One of our services, by its command, with its addresses and its database.
pub(super) fn service(
    lab: &Lab,
    name: &str,
    mut command: Command,
    url: &str,
) -> anyhow::Result<Server> {
    let (addr, internal) = (free_addr(), free_addr());
    command
        .env("LISTEN_ADDR", addr.to_string())
        .env("INTERNAL_ADDR", internal.to_string())
        .env("DATABASE_URL", url)
        // What is played for it speaks http.
        .env("PROFILE", "dev");
    let log = lab.file(&format!("{name}.log"));
    let mut running = Running::start(command, &log)?;
    running
        .wait_until(PATIENCE, || is_ready(internal))
        .with_context(|| {
            let log = fs::read_to_string(log).unwrap_or_default();
            let last = log.lines().last().unwrap_or_default().to_owned();
            format!("{name} does not start: {last}")
        })?;
    Ok(Server::new(addr, running))
}

impl Server {
    pub(super) fn new(addr: SocketAddr, running: Running) -> Self {
        let process = running.0.id();
        Self {
            addr,
            process,
            roots: vec![process],
            stub: None,
            first: 0,
            tokens: None,
            running: vec![running],
            place: None,
        }
    }

    /// With a database of its own, whose server's time counts as its own.
    pub(super) fn keeping(mut self, place: Place) -> Self {
        self.roots.extend(place.process);
        self.place = Some(place);
        self
    }

    pub(super) fn watched_by(mut self, (addr, stub): (SocketAddr, Running)) -> Self {
        self.stub = Some(addr);
        self.running.push(stub);
        self
    }

    /// The file with a caller's token.
    pub(super) fn token(&self, role: &str) -> anyhow::Result<PathBuf> {
        let tokens = self.tokens.as_ref().context("nobody may call it")?;
        Ok(tokens.join(format!("{role}.token")))
    }
}
