//! What a run of the load generator cost the server.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use super::report::figure;
use super::server::Server;
use crate::process::{CpuTime, Running, get, memory_mb};

/// When none has come for so long, no more replies come.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at how many replies there are.
const LOOK: Duration = Duration::from_millis(5);

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
