//! Servers under measurement, each started anew with an empty database.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use testkit::Database;

use super::lab::Lab;
use super::peers::Peer;
use crate::bench::start::{is_ready, program};
use crate::process::{Core, Running, free_addr, get};

/// Where the webhook keeps its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Sqlite,
    Postgres,
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Whether the members' API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    Answering,
    Silent,
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject {
    Reference,
    Webhook {
        store: Store,
        members: Members,
    },
    /// A peer that looks up and replies inside the request if members answer, and only takes events otherwise.
    Peer(&'static Peer, Members),
}

/// A server that takes events; it and all that belongs to it ends with this.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    pub(super) process: u32,
    /// Whose time counts: the server and its database.
    pub(super) roots: Vec<u32>,
    /// Where api-users and LINE are played.
    pub(super) stub: Option<SocketAddr>,
    /// Ends with this, before the database.
    running: Vec<Running>,
    database: Option<Database>,
}

/// A webhook's settings beside those that differ from run to run.
const SETTINGS: [(&str, &str); 4] = [
    ("LINE_CHANNEL_SECRET", "0123456789abcdef0123456789abcdef"),
    ("LINE_CHANNEL_ACCESS_TOKEN", "bench-access-token"),
    ("WEBSITE_LINK", "http://127.0.0.1:1/"),
    // The stubs speak http.
    ("PROFILE", "dev"),
];

/// The slowest peers take seconds to start.
const PATIENCE: Duration = Duration::from_secs(30);

impl Subject {
    pub(super) fn start(self, lab: &mut Lab) -> anyhow::Result<Server> {
        match self {
            Self::Reference => reference(lab),
            Self::Webhook { store, members } => {
                let stub = stub(lab, members)?;
                let mut server = webhook(lab, store, stub.0, &[])?;
                server.watched_by(stub);
                Ok(server)
            }
            Self::Peer(peer, members) => {
                let stub = stub(lab, Members::Answering)?;
                let addr = free_addr();
                let command = peer.command(addr, stub.0, members == Members::Answering);
                let mut running = Running::start(command, &lab.file("peer.log"))?;
                running
                    .wait_until(PATIENCE, || get(addr, "/").is_ok())
                    .with_context(|| format!("{} does not start", peer.accept_name))?;
                let mut server = Server::new(addr, running);
                server.watched_by(stub);
                Ok(server)
            }
        }
    }
}

fn reference(lab: &Lab) -> anyhow::Result<Server> {
    let addr = free_addr();
    let mut command = Core::Server.command(&program("bench"));
    command.args(["reference", "--listen", &addr.to_string()]);
    let mut running = Running::start(command, &lab.file("reference.log"))?;
    running.wait_until(PATIENCE, || get(addr, "/").is_ok())?;
    Ok(Server::new(addr, running))
}

/// A webhook with an empty database, that calls `stub`; run by the program and arguments of `under`, if any.
pub(super) fn webhook(
    lab: &mut Lab,
    store: Store,
    stub: SocketAddr,
    under: &[&str],
) -> anyhow::Result<Server> {
    let (addr, internal) = (free_addr(), free_addr());
    let folder = lab.folder()?;
    let token = folder.join("token");
    fs::write(&token, "bench-service-token")?;
    let (url, database, database_process) = match store {
        Store::Sqlite => (
            format!("sqlite://{}/inbox.db", folder.display()),
            None,
            None,
        ),
        Store::Postgres => {
            let (database, process) = lab.postgres()?;
            (database.url(), Some(database), Some(process))
        }
    };
    let mut command = match under {
        [] => Core::Server.command(&program("webhook")),
        [tool, arguments @ ..] => {
            let mut command = Core::Server.command(Path::new(tool));
            command.args(arguments).arg(program("webhook"));
            command
        }
    };
    configure(&mut command, addr, internal, &url, stub, &token);
    let mut running = Running::start(command, &lab.file("webhook.log"))?;
    running
        .wait_until(PATIENCE, || is_ready(internal))
        .with_context(|| {
            let log = fs::read_to_string(lab.file("webhook.log")).unwrap_or_default();
            let last = log.lines().last().unwrap_or_default().to_owned();
            format!("the webhook does not start: {last}")
        })?;
    let mut server = Server::new(addr, running);
    server.roots.extend(database_process);
    server.database = database;
    Ok(server)
}

fn configure(
    command: &mut Command,
    addr: SocketAddr,
    internal: SocketAddr,
    database: &str,
    stub: SocketAddr,
    token: &Path,
) {
    command
        .envs(SETTINGS)
        .env("LISTEN_ADDR", addr.to_string())
        .env("INTERNAL_ADDR", internal.to_string())
        .env("DATABASE_URL", database)
        .env("LINE_API_BASE", format!("http://{stub}"))
        .env("USERS_API", format!("http://{stub}"))
        .env("SERVICE_TOKEN_FILE", token);
}

/// api-users and LINE, played on the other core.
pub(super) fn stub(lab: &Lab, members: Members) -> anyhow::Result<(SocketAddr, Running)> {
    let addr = free_addr();
    let mut command = Core::Load.command(&program("bench"));
    command.args(["stub", "--listen", &addr.to_string()]);
    if members == Members::Silent {
        command.arg("--silent-members");
    }
    let mut running = Running::start(command, &lab.file("stub.log"))?;
    running.wait_until(PATIENCE, || get(addr, "/totals").is_ok())?;
    Ok((addr, running))
}

impl Server {
    fn new(addr: SocketAddr, running: Running) -> Self {
        let process = running.0.id();
        Self {
            addr,
            process,
            roots: vec![process],
            stub: None,
            running: vec![running],
            database: None,
        }
    }

    fn watched_by(&mut self, (addr, stub): (SocketAddr, Running)) {
        self.stub = Some(addr);
        self.running.push(stub);
    }
}
