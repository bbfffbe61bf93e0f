//! What is measured: one server, under one load.

use std::time::Duration;

use super::load::{Kind, Load};
use super::server::{Members, Store, Subject};

/// Connections of a run at a fixed rate: enough that a slow answer holds nobody up.
const OPEN_CONNECTIONS: usize = 32;

/// How many messages a run to the last reply has.
const MESSAGES: u64 = 20_000;

/// How long a compiled server is loaded before figures count.
const WARM_UP: Duration = Duration::from_secs(1);

/// One server under one load.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) load: Load,
    /// Whether the replies that arrive at the stub are figures too.
    pub(super) counts_replies: bool,
}

/// Cells that are compared with the same reference.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) reference: Cell,
    pub(super) cells: Vec<Cell>,
}

impl Cell {
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

    /// So many messages, until the last of them has its reply.
    pub(super) fn to_last_reply(store: Store, connections: usize) -> Self {
        let subject = Subject::Webhook {
            store,
            members: Members::Answering,
        };
        let name = format!("whole way to the last reply, {store}");
        let mut cell = Self::closed(&name, subject, connections);
        cell.load.warm_up = Duration::ZERO;
        cell.load.requests = Some(MESSAGES);
        cell.load.to_last_reply = true;
        cell
    }

    /// Requests of somebody who does not have the secret.
    pub(super) fn forged(connections: usize) -> Self {
        let subject = Subject::Webhook {
            store: Store::Sqlite,
            members: Members::Silent,
        };
        let mut cell = Self::closed("rejected signature", subject, connections);
        cell.load.forged = true;
        cell
    }

    /// With events that the bot does nothing about.
    pub(super) fn asking_nothing(mut self) -> Self {
        self.load.kind = Kind::Standby;
        self
    }

    pub(super) fn counting_replies(mut self) -> Self {
        self.counts_replies = true;
        self
    }

    pub(super) fn warmed_up(mut self, warm_up: Duration) -> Self {
        self.load.warm_up = warm_up;
        self
    }
}
