//! Webhooks under measurement, each started anew with an empty database.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use super::peers::Peer;
use crate::bench::lab::Lab;
use crate::bench::round::Stage;
use crate::bench::server::{PATIENCE, Place, Server, Store, reference, service};
use crate::bench::start::program;
use crate::process::{Core, Running, free_addr, get};

/// Whether the members' API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) enum Members {
    Answering,
    Silent,
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(in crate::bench) enum Subject {
    Reference,
    Webhook {
        store: Store,
        members: Members,
    },
    /// A peer that looks up and replies inside the request if members answer, and only takes events otherwise.
    Peer(&'static Peer, Members),
}

/// A webhook's settings beside those that differ from run to run.
const SETTINGS: [(&str, &str); 3] = [
    ("LINE_CHANNEL_SECRET", "0123456789abcdef0123456789abcdef"),
    ("LINE_CHANNEL_ACCESS_TOKEN", "bench-access-token"),
    ("WEBSITE_LINK", "http://127.0.0.1:1/"),
];

impl Stage for Lab {
    type Subject = Subject;

    fn seconds(&self) -> Duration {
        self.seconds
    }

    fn start(&mut self, subject: &Subject) -> anyhow::Result<Server> {
        subject.start(self)
    }
}

impl Subject {
    pub(in crate::bench) fn start(self, lab: &mut Lab) -> anyhow::Result<Server> {
        match self {
            Self::Reference => reference(lab),
            Self::Webhook { store, members } => {
                let stub = stub(lab, members)?;
                Ok(webhook(lab, store, stub.0, &[])?.watched_by(stub))
            }
            Self::Peer(peer, members) => {
                let stub = stub(lab, Members::Answering)?;
                let addr = free_addr();
                let command = peer.command(addr, stub.0, members == Members::Answering);
                let mut running = Running::start(command, &lab.file("peer.log"))?;
                running
                    .wait_until(PATIENCE, || get(addr, "/").is_ok())
                    .with_context(|| format!("{} does not start", peer.accept_name))?;
                Ok(Server::new(addr, running).watched_by(stub))
            }
        }
    }
}

/// A webhook with an empty database, that calls `stub`; run by the program and arguments of `under`, if any.
pub(super) fn webhook(
    lab: &mut Lab,
    store: Store,
    stub: SocketAddr,
    under: &[&str],
) -> anyhow::Result<Server> {
    let folder = lab.folder()?;
    let token = folder.join("token");
    fs::write(&token, "bench-service-token")?;
    let place = Place::new(lab, store, &folder.join("inbox.db"))?;
    let mut command = match under {
        [] => Core::Server.command(&program("webhook")),
        [tool, arguments @ ..] => {
            let mut command = Core::Server.command(Path::new(tool));
            command.args(arguments).arg(program("webhook"));
            command
        }
    };
    command
        .envs(SETTINGS)
        .env("LINE_API_BASE", format!("http://{stub}"))
        .env("USERS_API", format!("http://{stub}"))
        .env("SERVICE_TOKEN_FILE", token);
    Ok(service(lab, "webhook", command, &place.url)?.keeping(place))
}

/// api-users and LINE, played on the other core.
pub(in crate::bench) fn stub(lab: &Lab, members: Members) -> anyhow::Result<(SocketAddr, Running)> {
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
