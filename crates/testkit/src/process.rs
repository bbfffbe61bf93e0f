//! The real programs, to be killed.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, kill_process};
use tempfile::NamedTempFile;

pub use rustix::process::Signal;

/// How long a program may take to be ready; it takes a fraction of a second, more where it is traced.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at what a process does.
const PAUSE: Duration = Duration::from_millis(2);

/// A program with its settings, to be started any number of times.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    wrapper: Vec<OsString>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    log: Arc<NamedTempFile>,
}

/// A program that runs. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    program: Program,
}

impl Program {
    /// The workspace's program of this name, as it was built beside the test that asks.
    ///
    /// # Panics
    ///
    /// If it is not built.
    pub fn named(name: &str) -> Self {
        let us = std::env::current_exe().expect("a process knows its program");
        let path = us
            .ancestors()
            .skip(1)
            .take(2)
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
            .unwrap_or_else(|| panic!("{name} is not built; run `cargo xtask test`, or `cargo build --workspace --bins` first"));
        Self::at(&path)
    }

    /// The program at `path`.
    ///
    /// # Panics
    ///
    /// If no temporary file can be made for what it says.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            wrapper: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            log: Arc::new(NamedTempFile::new().expect("a temporary file can be made")),
        }
    }

    /// Gives it one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Gives it a setting. Of our own environment it sees `PATH` alone.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs it under another program, as `["strace", "-f", "-e", "inject=fdatasync:error=EIO:when=3", "-o", file]`.
    #[must_use]
    pub fn under<S: AsRef<OsStr>>(mut self, wrapper: impl IntoIterator<Item = S>) -> Self {
        self.wrapper = wrapper
            .into_iter()
            .map(|part| part.as_ref().to_owned())
            .collect();
        self
    }

    /// Starts it.
    pub fn start(&self) -> anyhow::Result<Process> {
        let mut words = self.wrapper.iter().map(OsString::as_os_str);
        let mut command = Command::new(words.next().unwrap_or(self.path.as_os_str()));
        if !self.wrapper.is_empty() {
            command.args(words).arg(&self.path);
        }
        let log = fs::OpenOptions::new().append(true).open(self.log.path())?;
        let child = command
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.path.display()))?;
        Ok(Process {
            child,
            program: self.clone(),
        })
    }

    /// All that it wrote, in every run of it, to its standard output and error.
    pub fn said(&self) -> String {
        let said = fs::read(self.log.path()).unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Process {
    /// Waits until `/readyz` at its internal address answers 200. An error if it ends before that.
    pub fn wait_ready(&mut self, internal: SocketAddr) -> anyhow::Result<()> {
        let begin = Instant::now();
        while !answers_ready(internal) {
            self.check_start(begin)?;
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// [`Self::wait_ready`], for a test whose own runtime must go on meanwhile.
    pub async fn ready(&mut self, internal: SocketAddr) -> anyhow::Result<()> {
        let begin = Instant::now();
        while !tokio::task::spawn_blocking(move || answers_ready(internal)).await? {
            self.check_start(begin)?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it has ended, `bound` at most.
    pub fn wait(&mut self, bound: Duration) -> anyhow::Result<ExitStatus> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            ensure!(begin.elapsed() < bound, "it runs on after {bound:?}");
            thread::sleep(PAUSE);
        }
    }

    /// [`Self::wait`], for a test whose own runtime must go on meanwhile.
    pub async fn exit(&mut self, bound: Duration) -> anyhow::Result<ExitStatus> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            ensure!(begin.elapsed() < bound, "it runs on after {bound:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Sends a signal to the program, not to what it runs under. An error if it has ended.
    pub fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        kill_process(self.id()?, signal).context("no such process")
    }

    /// Stops it in the middle of whatever it does, as a machine does that hangs. It stands still when this returns.
    pub fn pause(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)?;
        let begin = Instant::now();
        let state = format!("/proc/{}/stat", self.pid()?);
        // What comes after the program's name, which stands in parentheses.
        while !fs::read_to_string(&state)?
            .rsplit(") ")
            .next()
            .is_some_and(|state| state.starts_with(['T', 't']))
        {
            ensure!(begin.elapsed() < PATIENCE, "it does not stop");
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Lets it go on after [`Self::pause`].
    pub fn resume(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Kills it at once and waits until it is gone, with what it ran under. One that has ended already is as good.
    pub fn kill_9(&mut self) {
        // What it runs under ends with it, after writing down what it saw.
        if self.signal(Signal::KILL).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }

    /// The ID of the program's process, not of what it runs under. An error if it has ended.
    pub fn pid(&mut self) -> anyhow::Result<u32> {
        Ok(u32::try_from(self.id()?.as_raw_nonzero().get())?)
    }

    /// All that the program wrote, in this run and the ones before.
    pub fn said(&self) -> String {
        self.program.said()
    }

    fn id(&mut self) -> anyhow::Result<Pid> {
        let begin = Instant::now();
        let ours = fs::canonicalize(&self.program.path)?;
        loop {
            if let Some(status) = self.ended()? {
                bail!("it has ended: {status}");
            }
            let child = Pid::from_child(&self.child);
            // Some wrappers become what they run.
            if self.program.wrapper.is_empty() || runs(child, &ours) {
                return Ok(child);
            }
            if let Some(id) = descendant(child, &ours) {
                return Ok(id);
            }
            ensure!(begin.elapsed() < PATIENCE, "its wrapper did not start it");
            thread::sleep(PAUSE);
        }
    }

    fn check_start(&mut self, begin: Instant) -> anyhow::Result<()> {
        if let Some(status) = self.ended()? {
            bail!("it ended before it was ready ({status}): {}", self.said());
        }
        ensure!(
            begin.elapsed() < PATIENCE,
            "it is not ready after {PATIENCE:?}: {}",
            self.said()
        );
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_9();
    }
}

/// The process below `parent` that runs `program`.
fn descendant(parent: Pid, program: &Path) -> Option<Pid> {
    let id = parent.as_raw_nonzero();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    children.split_whitespace().find_map(|child| {
        let child = Pid::from_raw(child.parse().ok()?)?;
        if runs(child, program) {
            return Some(child);
        }
        descendant(child, program)
    })
}

fn runs(process: Pid, program: &Path) -> bool {
    let exe = format!("/proc/{}/exe", process.as_raw_nonzero());
    fs::read_link(exe).is_ok_and(|exe| exe == program)
}

fn answers_ready(internal: SocketAddr) -> bool {
    let ask = || -> std::io::Result<[u8; 12]> {
        let bound = Duration::from_secs(1);
        let mut stream = TcpStream::connect_timeout(&internal, bound)?;
        stream.set_read_timeout(Some(bound))?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nHost: {internal}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status)
    };
    ask().is_ok_and(|status| &status == b"HTTP/1.1 200")
}
