//! What is measured: one server, under one load.

use std::time::Duration;

use super::load::{Load, Traffic};

/// Connections of a run at a fixed rate: enough that a slow answer holds nobody up.
pub(super) const OPEN_CONNECTIONS: usize = 32;

/// How long a compiled server is loaded before figures count.
pub(super) const WARM_UP: Duration = Duration::from_secs(1);

/// One server under one load.
#[derive(Debug, Clone)]
pub(super) struct Cell<Subject> {
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) load: Load,
    /// Whether the replies that arrive at the stub are figures too.
    pub(super) counts_replies: bool,
}

/// Cells that are compared with the same reference.
#[derive(Debug)]
pub(super) struct Group<Subject> {
    pub(super) reference: Cell<Subject>,
    pub(super) cells: Vec<Cell<Subject>>,
}

impl<Subject> Cell<Subject> {
    /// As many requests as it answers.
    pub(super) fn closed(name: &str, subject: Subject, connections: usize) -> Self {
        Self {
            name: name.to_owned(),
            subject,
            load: Load {
                connections,
                warm_up: WARM_UP,
                ..Load::default()
            },
            counts_replies: false,
        }
    }

    /// A fixed rate.
    pub(super) fn open(name: &str, subject: Subject, rate: f64) -> Self {
        let mut cell = Self::closed(&format!("{name} at {rate}/s"), subject, OPEN_CONNECTIONS);
        cell.load.rate = Some(rate);
        cell
    }

    pub(super) fn sending(mut self, traffic: Traffic) -> Self {
        self.load.traffic = traffic;
        self
    }

    pub(super) fn warmed_up(mut self, warm_up: Duration) -> Self {
        self.load.warm_up = warm_up;
        self
    }
}

impl<Subject> Group<Subject> {
    /// Leaves out what is not wanted; whether anything is left.
    pub(super) fn keep(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
        self.cells.retain(|cell| wanted(&cell.name));
        !self.cells.is_empty()
    }
}
