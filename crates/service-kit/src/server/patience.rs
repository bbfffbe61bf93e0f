//! How long a client may take over what.

use std::sync::Arc;
use std::time::Duration;

use super::pulse::{Late, Phase, Pulse};

/// How often every connection is looked at: one timer each, instead of one for each thing that could take too long.
pub(super) const LOOK: Duration = Duration::from_secs(1);

// Counted in looks: something is cut off at this age or up to one look later.

/// For the first byte of the first request.
const FIRST_BYTE: u32 = 8;
/// For the whole head, from its first byte on.
const HEAD: u32 = 5;
/// For the next part of a body that a handler waits for.
const BODY: u32 = 4;
/// For the client to take any part of its answer.
const ANSWER: u32 = 10;
/// For the answer to begin, from the end of the head on.
const REQUEST: u32 = 15;
/// So much of a body earns another look: a large one may take its time, and a trickle gains nothing.
const BODY_BYTES: u32 = 64 * 1024;
/// For the next request: longer than load balancers keep idle connections, so that it is they who close them. Whoever
/// closes first may cross a request that is already on its way.
const IDLE: u32 = 120;
/// The same when connections are becoming scarce.
const IDLE_IN_A_CROWD: u32 = 5;

/// What is to be done about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Wait,
    /// Close it: nothing is lost.
    Close,
    /// Cut it off. The name of the limit it broke is a metric's label.
    Cut(&'static str),
}

/// Remembers what a connection was doing when it was looked at before.
#[derive(Debug)]
pub(super) struct Patience {
    pulse: Arc<Pulse>,
    moves: u32,
    still: u32,
    requests: u32,
    same_request: u32,
}

impl Patience {
    pub(super) fn new(pulse: Arc<Pulse>) -> Self {
        Self {
            pulse,
            moves: 0,
            still: 0,
            requests: 0,
            same_request: 0,
        }
    }

    /// Looks again, a second later.
    pub(super) fn look(&mut self, crowded: bool, finishing: bool) -> Verdict {
        let pulse = &self.pulse;
        count(&mut self.moves, pulse.moves(), &mut self.still);
        count(&mut self.requests, pulse.requests(), &mut self.same_request);
        if pulse.is_answer_blocked() && self.still >= ANSWER {
            return Verdict::Cut("answer");
        }
        let idle = if crowded { IDLE_IN_A_CROWD } else { IDLE };
        match pulse.phase() {
            Phase::Fresh if finishing => Verdict::Close,
            Phase::Fresh if self.still >= FIRST_BYTE => Verdict::Cut("first_byte"),
            Phase::Head if self.still >= HEAD => Verdict::Cut("head"),
            Phase::Idle if finishing || self.still >= idle => Verdict::Close,
            Phase::Request => self.look_at_request(),
            _ => Verdict::Wait,
        }
    }

    fn look_at_request(&self) -> Verdict {
        let stalled = self.pulse.is_body_awaited() && self.still >= BODY;
        let is_over = self.same_request >= REQUEST + self.pulse.body() / BODY_BYTES;
        match self.pulse.late() {
            // It was told at the last look, and could not answer any more: it is answering already.
            Some(Late::Client) if stalled => return Verdict::Cut("body"),
            None if stalled => self.pulse.give_up(Late::Client),
            None if is_over && self.pulse.is_body_awaited() => {
                self.pulse.give_up(Late::Client);
            }
            None if is_over => self.pulse.give_up(Late::Service),
            _ => {}
        }
        Verdict::Wait
    }
}

fn count(seen: &mut u32, now: u32, unchanged: &mut u32) {
    *unchanged = if *seen == now { *unchanged + 1 } else { 0 };
    *seen = now;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a request is given up whose body arrives at this rate, in bytes a second, for as long as it is waited for.
    fn given_up(rate: usize, body: usize) -> Option<u32> {
        let pulse = Arc::<Pulse>::default();
        let mut patience = Patience::new(Arc::clone(&pulse));
        pulse.request_begins();
        (0..600).find(|second| {
            let arrived = rate * usize::try_from(*second).expect("few");
            pulse.body_is_awaited(true);
            if arrived >= body {
                return false;
            }
            pulse.body_arrives(rate);
            pulse.body_is_awaited(true);
            patience.look(false, false);
            pulse.late() == Some(Late::Client)
        })
    }

    #[test]
    fn a_large_body_may_take_its_time_and_a_trickle_may_not() {
        const FILE: usize = 16 * 1024 * 1024;
        assert_eq!(given_up(64 * 1024, FILE), None);
        assert_eq!(given_up(1024, FILE), Some(15));
        assert_eq!(given_up(32 * 1024, FILE), Some(30));
    }
}
