//! How many messages a month holds, counted per recipient, in UTC+9.

use std::collections::HashMap;

use crate::clock;

#[derive(Debug, Default)]
pub(crate) struct Quota {
    /// `None`: no limit.
    pub(crate) limit: Option<u64>,
    month: String,
    used: u64,
    /// Recipients reached per kind of call and day.
    delivered: HashMap<(&'static str, String), u64>,
}

/// The month has too little left for this call.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl Quota {
    pub(crate) fn used(&mut self, now: i64) -> u64 {
        self.turn_page(now);
        self.used
    }

    pub(crate) fn set_used(&mut self, used: u64, now: i64) {
        self.turn_page(now);
        self.used = used;
    }

    /// Counts `recipients` of a call of `kind`, all or none.
    pub(crate) fn spend(
        &mut self,
        kind: &'static str,
        recipients: u64,
        now: i64,
    ) -> Result<(), Exhausted> {
        self.turn_page(now);
        if recipients > 0
            && self
                .limit
                .is_some_and(|limit| self.used + recipients > limit)
        {
            return Err(Exhausted);
        }
        self.used += recipients;
        self.note(kind, recipients, now);
        Ok(())
    }

    /// Notes deliveries that cost nothing.
    pub(crate) fn note(&mut self, kind: &'static str, recipients: u64, now: i64) {
        *self.delivered.entry((kind, clock::day(now))).or_default() += recipients;
    }

    /// Recipients reached by calls of `kind` on `day`.
    pub(crate) fn delivered(&self, kind: &'static str, day: &str) -> u64 {
        self.delivered
            .get(&(kind, day.to_owned()))
            .copied()
            .unwrap_or(0)
    }

    fn turn_page(&mut self, now: i64) {
        let month = clock::day(now)[..6].to_owned();
        if month != self.month {
            self.month = month;
            self.used = 0;
        }
    }
}
