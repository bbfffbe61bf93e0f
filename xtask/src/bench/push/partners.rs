//! Whom push-msg calls.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::bench::lab::Lab;
use crate::bench::server::PATIENCE;
use crate::bench::start::program;
use crate::process::{Core, Running, free_addr, get};

/// LINE's limits bound the wall clock: a million members take a few minutes at most.
const LONGEST: Duration = Duration::from_mins(15);

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(10);

/// What LINE was asked.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Totals {
    pub(super) calls: u64,
    pub(super) bytes: u64,
    pub(super) recipients: u64,
}

/// The members' API and LINE.
pub(super) struct Partners {
    pub(super) addr: SocketAddr,
    _running: Running,
}

impl Partners {
    pub(super) fn start(lab: Option<&Lab>, members: u64) -> anyhow::Result<Self> {
        let addr = free_addr();
        let mut command = Core::Load.command(&program("bench"));
        command
            .args(["partners", "--listen", &addr.to_string()])
            .args(["--members", &members.to_string()]);
        let mut running = match lab {
            Some(lab) => Running::start(command, &lab.file("partners.log"))?,
            None => Running(command.spawn()?),
        };
        running.wait_until(PATIENCE, || get(addr, "/totals").is_ok())?;
        Ok(Self {
            addr,
            _running: running,
        })
    }

    /// A campaign for everybody, due in a moment.
    pub(super) fn campaign(&self) -> anyhow::Result<String> {
        self.get("/campaign")
    }

    fn totals(&self) -> anyhow::Result<Totals> {
        Ok(serde_json::from_str(&self.get("/totals")?)?)
    }

    fn get(&self, path: &str) -> anyhow::Result<String> {
        let answer = get(self.addr, path)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        Ok(body.to_owned())
    }

    /// Waits until LINE was asked for so many.
    pub(super) fn wait_for(&self, recipients: u64) -> anyhow::Result<Totals> {
        let begin = Instant::now();
        loop {
            let totals = self.totals()?;
            if totals.recipients >= recipients {
                return Ok(totals);
            }
            ensure!(
                begin.elapsed() < LONGEST,
                "only {} of {recipients} were sent to",
                totals.recipients
            );
            thread::sleep(LOOK);
        }
    }
}
