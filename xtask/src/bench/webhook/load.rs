//! One run of the load generator against one server, and what it cost that server.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use super::server::Server;
use crate::bench::report::figure;
use crate::bench::start::program;
use crate::process::{Core, CpuTime, Running, get, memory_mb};

/// What the events ask for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Kind {
    /// An answer.
    #[default]
    Message,
    /// Nothing; the worker takes them up all the same.
    Standby,
    /// Nothing: too old to be taken up.
    Stale,
}

/// How a server is loaded.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) connections: usize,
    /// Requests a second; as many as are answered if `None`.
    pub(super) rate: Option<f64>,
    pub(super) warm_up: Duration,
    /// Ends after this many.
    pub(super) requests: Option<u64>,
    /// The number of the first event.
    pub(super) first: u64,
    /// Events of one request.
    pub(super) events: u64,
    pub(super) kind: Kind,
    pub(super) forged: bool,
    /// Whether the run lasts until every message has its reply.
    pub(super) to_last_reply: bool,
}

/// When none has come for so long, no more replies come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at how many replies there are.
const LOOK: Duration = Duration::from_millis(5);

impl Default for Load {
    fn default() -> Self {
        Self {
            connections: 64,
            rate: None,
            warm_up: Duration::ZERO,
            requests: None,
            first: 0,
            events: 1,
            kind: Kind::default(),
            forged: false,
            to_last_reply: false,
        }
    }
}

/// What was seen of one run.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    pub(super) per_s: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) max_ms: f64,
    /// Of the server and its database, in the seconds that count.
    pub(super) cpu: Duration,
    pub(super) requests: f64,
    pub(super) replies: f64,
    pub(super) seconds: f64,
    pub(super) peak_mb: f64,
    pub(super) errors: f64,
}

/// What the load generator says of a run.
#[derive(Deserialize)]
struct Figures {
    requests: usize,
    seconds: f64,
    per_s: f64,
    statuses: BTreeMap<u16, usize>,
    broken: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

impl Sample {
    pub(super) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests.max(1.0)
    }

    /// The part of a core that it took.
    pub(super) fn core(&self) -> f64 {
        self.cpu.as_secs_f64() / self.seconds
    }

    pub(super) fn replies_per_s(&self) -> f64 {
        self.replies / self.seconds
    }
}

impl Load {
    /// Loads the server for `seconds`.
    pub(super) fn run(&self, server: &Server, seconds: Duration) -> anyhow::Result<Sample> {
        let mut command = Core::Load.command(&program("bench"));
        command
            .arg("load")
            .args(["--target", &server.addr.to_string()])
            .args(["--connections", &self.connections.to_string()])
            .args(["--warm-up", &self.warm_up.as_secs_f64().to_string()])
            .args(["--seconds", &seconds.as_secs_f64().to_string()])
            .args(["--first", &self.first.to_string()])
            .args(["--events", &self.events.to_string()])
            .args([
                "--kind",
                match self.kind {
                    Kind::Message => "message",
                    Kind::Standby => "standby",
                    Kind::Stale => "stale",
                },
            ]);
        if let Some(rate) = self.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        if let Some(requests) = self.requests {
            command.args(["--requests", &requests.to_string()]);
        }
        if self.forged {
            command.arg("--forged");
        }
        let due = if self.forged { 401 } else { 200 };
        watch(command, server, due, self.to_last_reply)
    }
}

/// Runs a generator that says `begin` and `end` and then its figures, and looks at the server at these moments.
pub(super) fn watch(
    mut command: Command,
    server: &Server,
    due: u16,
    to_last_reply: bool,
) -> anyhow::Result<Sample> {
    command.stdout(Stdio::piped());
    let mut generator = Running(
        command
            .spawn()
            .context("the load generator does not start")?,
    );
    let output = generator.0.stdout.take().context("no output")?;
    let mut sample = Sample::default();
    let mut start = None;
    for line in BufReader::new(output).lines() {
        match line?.as_str() {
            "begin" => {
                let replies = count_replies(server.stub)?;
                start = Some((Instant::now(), CpuTime::of(&server.roots), replies));
            }
            "end" => {
                let (_, cpu, replies) = start.as_ref().context("it ended before it began")?;
                sample.replies = count_replies(server.stub)? - replies;
                sample.cpu = CpuTime::of(&server.roots).since(cpu);
            }
            json => {
                let figures: Figures = serde_json::from_str(json)?;
                let good = figures.statuses.get(&due).copied().unwrap_or_default();
                if good == 0 {
                    bail!("no answer was {due}: {:?}", figures.statuses);
                }
                let share = figure(good) / figure(figures.requests);
                sample.per_s = figures.per_s * share;
                sample.requests = figure(good);
                sample.seconds = figures.seconds;
                sample.p50_ms = figures.p50_ms;
                sample.p99_ms = figures.p99_ms;
                sample.max_ms = figures.max_ms;
                sample.errors = figure(figures.requests - good + figures.broken);
            }
        }
    }
    let status = generator.0.wait()?;
    ensure!(status.success(), "the load generator ended with {status}");
    if let (true, Some((begin, cpu, replies))) = (to_last_reply, start) {
        let mut latest = Instant::now();
        while sample.replies < sample.requests && latest.elapsed() < PATIENCE {
            thread::sleep(LOOK);
            let now = count_replies(server.stub)? - replies;
            if now > sample.replies {
                sample.replies = now;
                latest = Instant::now();
            }
        }
        sample.seconds = (latest - begin).as_secs_f64();
        // A message that was not answered in time is never answered.
        sample.errors += sample.requests - sample.replies;
        sample.per_s = sample.replies_per_s();
        sample.cpu = CpuTime::of(&server.roots).since(&cpu);
    }
    sample.peak_mb = memory_mb(server.process, "VmHWM")?;
    Ok(sample)
}

fn count_replies(stub: Option<SocketAddr>) -> anyhow::Result<f64> {
    #[derive(Deserialize)]
    struct Totals {
        replies: usize,
        repeated: usize,
    }
    let Some(stub) = stub else {
        return Ok(0.0);
    };
    let answer = get(stub, "/totals")?;
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let totals: Totals = serde_json::from_str(body)?;
    ensure!(
        totals.repeated == 0,
        "{} reply tokens were used twice",
        totals.repeated
    );
    Ok(figure(totals.replies))
}
