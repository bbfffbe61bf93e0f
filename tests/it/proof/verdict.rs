//! What must be true whatever happened.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::event::{self, Number};
use super::inbox::{Inbox, Row};
use super::outside::{Attempt, Fault, Outside};
use super::sender::Sent;

/// No reply token is used later than this after the event came (50 s, and what a call takes).
const TOKEN_TIME: Duration = Duration::from_secs(52);
/// Whoever lives this long after LINE's answer has written it down.
const WRITING_TIME: Duration = Duration::from_secs(1);

/// What was seen, after everything that is promised was found true of it.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    events: usize,
    /// Attempts at a reply.
    attempts: usize,
    /// Events whose answer people saw.
    replied: usize,
    /// Events that were not answered, for LINE was busy.
    refused: usize,
    /// Events that were not answered, for their token had died.
    late: usize,
    /// Attempts that a mishap between LINE's answer and the note of it has caused; LINE refused each.
    repeated: usize,
    /// Events that were never done, for five lives ended with them.
    parked: usize,
    /// Events that took more than one attempt.
    tried_again: usize,
}

/// What keeps LINE's answer from being written down: then nobody knows better than to try again, and LINE refuses.
pub(super) trait Mishaps {
    /// Whether one of them came between the answer to `before` and the note of it, and `next` is the consequence.
    fn explain(&self, before: &Attempt, next: &Attempt) -> bool;
}

/// When each life was ended; another goes on.
impl Mishaps for HashMap<String, Instant> {
    fn explain(&self, before: &Attempt, next: &Attempt) -> bool {
        let died = self.get(&before.life);
        before.life != next.life && died.is_some_and(|died| *died < before.at + WRITING_TIME)
    }
}

/// When each life was cut off, from when to when: it may try again itself.
impl Mishaps for Vec<(String, Range<Instant>)> {
    fn explain(&self, before: &Attempt, _next: &Attempt) -> bool {
        self.iter().any(|(life, cut)| {
            *life == before.life && cut.start < before.at + WRITING_TIME && before.at < cut.end
        })
    }
}

impl Verdict {
    /// Judges events, all that there are, each of them answered 200 and nothing left to do.
    pub(super) async fn of(
        numbers: Range<Number>,
        inbox: &Inbox,
        outside: &Outside,
        sent: &Sent,
        mishaps: &impl Mishaps,
    ) -> Self {
        let rows = inbox.rows().await;
        assert_eq!(
            rows.len(),
            numbers.len(),
            "nothing is there that nobody sent"
        );
        Self::among(numbers, rows, outside, sent, mishaps)
    }

    /// Judges some of the events that there are.
    pub(super) fn among(
        numbers: Range<Number>,
        mut rows: HashMap<String, Vec<Row>>,
        outside: &Outside,
        sent: &Sent,
        mishaps: &impl Mishaps,
    ) -> Self {
        let mut verdict = Self::default();
        for number in numbers {
            let answered = sent.answered[&number];
            let rows = rows.remove(&event::key(number)).unwrap_or_default();
            let [row] = rows.as_slice() else {
                panic!(
                    "event {number} was answered 200 and is there {} times",
                    rows.len()
                );
            };
            let attempts = outside.attempts(number);
            verdict.judge_attempts(number, &attempts, answered, mishaps);
            verdict.judge_end(number, row, &attempts, outside.fault(number), answered);
        }
        verdict
    }

    fn judge_attempts(
        &mut self,
        number: Number,
        attempts: &[Attempt],
        answered: Instant,
        mishaps: &impl Mishaps,
    ) {
        let taken = attempts.iter().filter(|attempt| attempt.taken).count();
        assert!(
            taken <= 1,
            "event {number} was answered {taken} times: {attempts:?}"
        );
        for (place, attempt) in attempts.iter().enumerate() {
            assert!(
                attempt.pushed || attempt.at < answered + TOKEN_TIME,
                "the reply to event {number} was tried {:?} after it came",
                attempt.at - answered
            );
            assert!(
                !attempt.pushed || attempts.len() == 1,
                "event {number} was pushed though a reply was tried: {attempts:?}"
            );
            let Some(before) = attempts[..place].iter().rfind(|before| before.definite) else {
                continue;
            };
            assert!(
                mishaps.explain(before, attempt),
                "event {number} was tried again after LINE had answered: {attempts:?}"
            );
            self.repeated += 1;
        }
        self.events += 1;
        self.attempts += attempts.len();
        self.replied += taken;
    }

    fn judge_end(
        &mut self,
        number: Number,
        row: &Row,
        attempts: &[Attempt],
        fault: Fault,
        answered: Instant,
    ) {
        self.tried_again += usize::from(row.attempt > 1);
        if row.state == "parked" {
            self.parked += 1;
            return;
        }
        assert_eq!(row.state, "done", "event {number}: {row:?}, {attempts:?}");
        if attempts.iter().any(|attempt| attempt.taken) {
            assert_ne!(row.reply, "-", "event {number}: {row:?}, {attempts:?}");
            return;
        }
        if fault == Fault::Busy && !attempts.is_empty() {
            self.refused += 1;
            return;
        }
        self.late += 1;
        assert!(
            answered.elapsed() > TOKEN_TIME,
            "event {number} was never answered: {row:?}, {attempts:?}"
        );
    }

    pub(super) fn parked(&self) -> usize {
        self.parked
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            events,
            attempts,
            replied,
            refused,
            late,
            repeated,
            parked,
            tried_again,
        } = self;
        write!(
            f,
            "{events} events: 0 lost, 0 doubled; {replied} answered once, {refused} refused by a busy LINE, {late} too late, {parked} parked; \
             {attempts} replies tried, {repeated} again after a kill (all refused); {tried_again} events taken up again"
        )
    }
}
