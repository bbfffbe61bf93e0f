//! Processes under measurement: pinned to a core, their time and memory, and their end.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::shell::succeeds;

/// A core: the server and its database have one, whoever loads them the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Core {
    Server,
    Load,
}

impl Core {
    /// Where `taskset` is missing or there is one core only, nothing is pinned.
    pub(crate) fn can_pin() -> bool {
        thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
            && succeeds("taskset", &["--version"])
    }

    pub(crate) const fn number(self) -> &'static str {
        match self {
            Self::Server => "0",
            Self::Load => "1",
        }
    }

    /// The program, to be run on this core; without the settings of whoever runs the bench.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = if Self::can_pin() {
            let mut command = Command::new("taskset");
            command.args(["-c", self.number()]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env_clear().stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }
}

/// Ends the process with the measurement, however that ends.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts the command with its log in a file, as it runs in earnest.
    pub(crate) fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let log = File::create(log)?;
        command.stdout(log.try_clone()?).stderr(log);
        let child = command
            .spawn()
            .with_context(|| format!("cannot run {}", command.get_program().display()))?;
        Ok(Self(child))
    }

    /// Waits until `ready` says so, looking every millisecond.
    pub(crate) fn wait_until(
        &mut self,
        limit: Duration,
        ready: impl Fn() -> bool,
    ) -> anyhow::Result<()> {
        let begin = Instant::now();
        while !ready() {
            if let Some(status) = self.0.try_wait()? {
                bail!("it ended with {status}");
            }
            if begin.elapsed() > limit {
                bail!("it is not ready after {limit:?}");
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Where it runs under a tool, the tool's end would not be its own.
        for process in tree(&[self.0.id()]).into_iter().rev() {
            if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
                let _ = kill_process(process, Signal::KILL);
            }
        }
        let _ = self.0.wait();
    }
}

/// The time that each thread of some processes and of all their descendants has had on a core so far.
pub(crate) struct CpuTime(BTreeMap<String, u64>);

impl CpuTime {
    pub(crate) fn of(roots: &[u32]) -> Self {
        let mut threads = BTreeMap::new();
        for process in tree(roots) {
            let tasks = fs::read_dir(format!("/proc/{process}/task"));
            for task in tasks.into_iter().flatten().flatten() {
                let stat = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
                let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
                threads.insert(
                    task.file_name().to_string_lossy().into_owned(),
                    nanos.unwrap_or_default(),
                );
            }
        }
        Self(threads)
    }

    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.0.values().sum())
    }

    pub(crate) fn since(&self, before: &Self) -> Duration {
        let spent = |(thread, nanos): (&String, &u64)| {
            nanos.saturating_sub(before.0.get(thread).copied().unwrap_or_default())
        };
        Duration::from_nanos(self.0.iter().map(spent).sum())
    }
}

/// These processes and all their descendants.
pub(crate) fn tree(roots: &[u32]) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(process) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // After the name, which may hold anything: state, parent, …
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok());
        children
            .entry(parent.unwrap_or_default())
            .or_default()
            .push(process);
    }
    let mut found = roots.to_vec();
    let mut next = 0;
    while let Some(process) = found.get(next) {
        found.extend(children.remove(process).unwrap_or_default());
        next += 1;
    }
    found
}

/// A figure of `/proc/<process>/status` that is given in kB, as MB: `VmRSS`, `VmHWM`.
pub(crate) fn memory_mb(process: u32, name: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .with_context(|| format!("no {name}"))?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// An address on loopback that nobody listens on.
pub(crate) fn free_addr() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, testkit::port::free()).into()
}

/// The answer to a GET, head and all.
pub(crate) fn get(addr: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
    )?;
    // Until a whole answer is there: not everybody closes.
    let mut answer = String::new();
    let mut buffer = [0; 4096];
    while !is_whole(&answer) {
        match stream.read(&mut buffer)? {
            0 => break,
            read => answer.push_str(&String::from_utf8_lossy(&buffer[..read])),
        }
    }
    Ok(answer)
}

fn is_whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return false;
    };
    head.lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .is_some_and(|length: usize| body.len() >= length)
}
