//! Long sends say how far they are: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Duration;

use service_kit::{Clock, Timestamp};

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(10);
/// Between two strokes of the bar.
const STROKE: Duration = Duration::from_millis(100);
/// How long the bar is, in characters.
const WIDTH: u64 = 30;
/// Fewer recipients than this are sent to before anybody reads how far it is.
const WORTH_TELLING: u64 = 2_000;

/// How far the send under way is.
#[derive(Debug)]
pub(crate) struct Progress {
    name: String,
    total: u64,
    accepted: u64,
    said: Timestamp,
    clock: Clock,
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn new(clock: &Clock) -> Self {
        Self {
            name: String::new(),
            total: 0,
            accepted: 0,
            said: clock.now(),
            clock: clock.clone(),
            on_terminal: stderr().is_terminal(),
        }
    }

    pub(crate) fn begin(&mut self, name: &str, total: u64) {
        name.clone_into(&mut self.name);
        (self.total, self.accepted, self.said) = (total, 0, self.clock.now());
        if self.on_terminal && total >= WORTH_TELLING {
            self.draw();
        }
    }

    /// So many recipients more were accepted.
    pub(crate) fn accepted(&mut self, count: u64) {
        self.accepted += count;
        let pause = if self.on_terminal { STROKE } else { PAUSE };
        let now = self.clock.now();
        // A clock that was set back must not silence it.
        let is_early = now >= self.said && now < self.said + pause;
        if self.total < WORTH_TELLING || is_early {
            return;
        }
        self.said = now;
        if self.on_terminal {
            self.draw();
        } else {
            tracing::info!(
                accepted = self.accepted,
                total = self.total,
                "{}: LINE accepted {} of {} recipients so far",
                self.name,
                self.accepted,
                self.total
            );
        }
    }

    pub(crate) fn end(&mut self) {
        if self.on_terminal && self.total >= WORTH_TELLING {
            self.draw();
            let _ = writeln!(stderr());
        }
    }

    fn draw(&self) {
        let _ = write!(stderr(), "\r{}", self.bar());
        let _ = stderr().flush();
    }

    fn bar(&self) -> String {
        let filled = (self.accepted * WIDTH).checked_div(self.total).unwrap_or(0);
        let bar: String = (0..WIDTH)
            .map(|at| if at < filled { '█' } else { '░' })
            .collect();
        format!(
            "{} {bar} {}/{} accepted",
            self.name, self.accepted, self.total
        )
    }
}
