//! Standard error, written by a thread of its own: whoever reads the log, if slowly or not at all, never holds up the
//! service, and under load many lines share one system call.

use std::io::{self, Write as _};
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines that wait for a reader, in bytes; what comes beyond is left out, and counted.
const BACKLOG: usize = 1024 * 1024;
/// Lines that come within this time are written together.
const TOGETHER: Duration = Duration::from_millis(2);
/// How long the end of the process waits for the last lines.
const LAST_LINES: Duration = Duration::from_secs(1);

static LOG: Log = Log {
    waiting: Mutex::new(Waiting {
        lines: Vec::new(),
        left_out: 0,
        is_writing: false,
        is_started: false,
    }),
    changed: Condvar::new(),
};

struct Log {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

struct Waiting {
    lines: Vec<u8>,
    left_out: u64,
    /// The thread has taken lines and will come back for more.
    is_writing: bool,
    is_started: bool,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if !waiting.is_started {
            drop(waiting);
            let _ = io::stderr().write_all(line);
            return;
        }
        if waiting.lines.len() + line.len() > BACKLOG {
            waiting.left_out += 1;
            return;
        }
        waiting.lines.extend_from_slice(line);
        if !waiting.is_writing {
            self.changed.notify_all();
        }
    }

    fn write_for_ever(&self) {
        let mut batch = Vec::new();
        loop {
            let mut waiting = self.lock();
            waiting.is_writing = false;
            self.changed.notify_all();
            while waiting.lines.is_empty() {
                waiting = self
                    .changed
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            waiting.is_writing = true;
            mem::swap(&mut waiting.lines, &mut batch);
            let left_out = mem::take(&mut waiting.left_out);
            drop(waiting);
            let mut stderr = io::stderr();
            let _ = stderr.write_all(&batch);
            batch.clear();
            if left_out > 0 {
                tracing::warn!(
                    left_out,
                    "nobody read the log fast enough: lines were left out"
                );
            }
            thread::sleep(TOGETHER);
        }
    }

    /// Waits until every line so far is written, or a second has passed.
    fn flush(&self) {
        let waiting = self.lock();
        if !waiting.is_started {
            return;
        }
        let _ = self
            .changed
            .wait_timeout_while(waiting, LAST_LINES, |waiting| {
                waiting.is_writing || !waiting.lines.is_empty()
            });
    }
}

/// Starts the thread.
pub(super) fn start() -> io::Result<()> {
    thread::Builder::new()
        .name("log".into())
        .spawn(|| LOG.write_for_ever())?;
    LOG.lock().is_started = true;
    Ok(())
}

pub(super) fn flush() {
    LOG.flush();
}

/// Where the formatter puts a line, whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer;

impl io::Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LOG.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
