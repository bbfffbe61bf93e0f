use std::fmt;
use std::fs::{self, File};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use super::Guard;
use super::copy::Copy;
use crate::process::Running;

/// A test that takes longer will not end: a mutant may make it wait for ever, which is as good as red.
const PATIENCE: Duration = Duration::from_mins(5);

/// One run of one test.
pub(super) struct Trial {
    pub(super) verdict: Verdict,
    /// The test alone; builds are not counted.
    pub(super) took: Duration,
    pub(super) output: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Green,
    Red,
    /// It did not end.
    Hung,
}

impl Trial {
    /// Builds what the test needs, and runs it.
    pub(super) fn of(copy: &Copy, guard: &Guard) -> anyhow::Result<Self> {
        for program in guard.programs {
            build(&mut copy.cargo(&["build", "--locked", "--bins", "--package", program]))?;
        }
        let test = [
            "test",
            "--locked",
            "--package",
            guard.package,
            "--test",
            "it",
        ];
        build(copy.cargo(&test).arg("--no-run"))?;
        let mut command = copy.cargo(&test);
        command
            .args(["--", "--exact", guard.test])
            .env("TEST_DATABASE", guard.database);
        let log = tempfile::NamedTempFile::new()?;
        command
            .stdout(File::create(log.path())?)
            .stderr(File::options().append(true).open(log.path())?);
        let begin = Instant::now();
        let mut running = Running(command.spawn()?);
        let ended = loop {
            if running.0.try_wait()?.is_some() {
                break true;
            }
            if begin.elapsed() > PATIENCE {
                break false;
            }
            thread::sleep(Duration::from_millis(20));
        };
        drop(running);
        let output = String::from_utf8_lossy(&fs::read(log.path())?).into_owned();
        let verdict = if !ended {
            Verdict::Hung
        } else if output.contains("test result: ok. 1 passed") {
            Verdict::Green
        } else if output.contains("test result: FAILED. 0 passed; 1 failed") {
            Verdict::Red
        } else {
            bail!("no such test, or it ended its process:\n{output}");
        };
        Ok(Self {
            verdict,
            took: begin.elapsed(),
            output,
        })
    }
}

fn build(command: &mut Command) -> anyhow::Result<()> {
    let output = command.arg("--quiet").output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Green => "green",
            Self::Red => "red",
            Self::Hung => "red: hung",
        })
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {:.1} s", self.verdict, self.took.as_secs_f64())
    }
}
