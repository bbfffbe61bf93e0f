//! The members: databases full of them, made once and kept for the whole run.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::bench::lab::Lab;
use crate::bench::round::Stage;
use crate::bench::server::{Place, Server, Store, reference, service};
use crate::bench::start::program;
use crate::bench::webhook::server as webhook;
use crate::process::Core;
use crate::shell::step;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Reference,
    /// Taking events, with an empty database.
    Webhook(Store),
    /// The members' API with so many members; with a database of its own if with none.
    Members {
        store: Store,
        members: u64,
    },
}

impl Subject {
    pub(super) fn members(self) -> Option<u64> {
        match self {
            Self::Members { members, .. } => Some(members),
            Self::Reference | Self::Webhook(_) => None,
        }
    }
}

/// Where measurements take place, and the members there.
pub(super) struct Population {
    /// Gone before the lab's server.
    filled: Vec<Filled>,
    lab: Lab,
    /// Who may call: their tokens, and the file that says so.
    callers: PathBuf,
}

struct Filled {
    store: Store,
    members: u64,
    place: Place,
    /// How often it has been served since.
    runs: u64,
}

/// No run registers more.
const REGISTRATIONS: u64 = 100_000_000;

impl Population {
    pub(super) fn new(seconds: f64) -> anyhow::Result<Self> {
        let lab = Lab::new(seconds)?;
        let callers = lab.file("callers");
        fs::create_dir(&callers)?;
        step(
            "making callers",
            Command::new(program("bench")).arg("callers").arg(&callers),
        )?;
        Ok(Self {
            filled: Vec::new(),
            lab,
            callers,
        })
    }

    /// Makes the members that this needs, if they are not there yet.
    pub(super) fn prepare(&mut self, subject: Subject) -> anyhow::Result<()> {
        let Subject::Members { store, members } = subject else {
            return Ok(());
        };
        if members == 0 || self.find(store, members).is_some() {
            return Ok(());
        }
        let file = self.lab.file(&format!("members-{members}.db"));
        let place = Place::new(&mut self.lab, store, &file)?;
        // It makes its tables and goes: the file of one process is not another's.
        drop(self.serve(&place.url)?);
        step(
            &format!("putting {members} members into {store}"),
            Command::new(program("bench"))
                .args(["members", "--count", &members.to_string()])
                .args(["--database", &place.url]),
        )?;
        self.filled.push(Filled {
            store,
            members,
            place,
            runs: 0,
        });
        Ok(())
    }

    fn find(&self, store: Store, members: u64) -> Option<usize> {
        let is_it = |filled: &Filled| filled.store == store && filled.members == members;
        self.filled.iter().position(is_it)
    }

    /// The members' API on this database.
    fn serve(&self, url: &str) -> anyhow::Result<Server> {
        let mut command = Core::Server.command(&program("api-users"));
        command
            .env("SERVICE_ISSUERS", self.callers.join("issuers.json"))
            // One operator asks for what many do.
            .env("OPERATOR_RATE", "1000000");
        let mut server = service(&self.lab, "api-users", command, url)?;
        server.tokens = Some(self.callers.clone());
        Ok(server)
    }

    fn serve_nobody(&mut self, store: Store) -> anyhow::Result<Server> {
        let file = self.lab.folder()?.join("users.db");
        let place = Place::new(&mut self.lab, store, &file)?;
        Ok(self.serve(&place.url)?.keeping(place))
    }

    fn serve_filled(&mut self, place: usize) -> anyhow::Result<Server> {
        let filled = &mut self.filled[place];
        filled.runs += 1;
        let first = filled.members + filled.runs * REGISTRATIONS;
        let filled = &self.filled[place];
        let mut server = self.serve(&filled.place.url)?;
        server.roots.extend(filled.place.process);
        server.first = first;
        Ok(server)
    }
}

impl Stage for Population {
    type Subject = Subject;

    fn seconds(&self) -> Duration {
        self.lab.seconds
    }

    fn start(&mut self, subject: &Subject) -> anyhow::Result<Server> {
        match *subject {
            Subject::Reference => reference(&self.lab),
            Subject::Webhook(store) => {
                let members = webhook::Members::Silent;
                webhook::Subject::Webhook { store, members }.start(&mut self.lab)
            }
            Subject::Members { store, members } => match self.find(store, members) {
                Some(place) => self.serve_filled(place),
                None => self.serve_nobody(store),
            },
        }
    }
}
