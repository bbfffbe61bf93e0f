//! Loads that only a webhook has.

use std::time::Duration;

use super::server::{Members, Subject};
use crate::bench::cell::Cell;
use crate::bench::load::{Events, Kind, Traffic};
use crate::bench::server::Store;

/// How many messages a run to the last reply has.
const MESSAGES: u64 = 20_000;

impl Cell<Subject> {
    /// So many messages, until the last of them has its reply.
    pub(super) fn to_last_reply(store: Store, connections: usize) -> Self {
        let subject = Subject::Webhook {
            store,
            members: Members::Answering,
        };
        let name = format!("whole way to the last reply, {store}");
        let mut cell = Self::closed(&name, subject, connections).warmed_up(Duration::ZERO);
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
        let forged = Events {
            forged: true,
            ..Events::default()
        };
        Self::closed("rejected signature", subject, connections).sending(Traffic::Events(forged))
    }

    /// With events that the bot does nothing about.
    pub(super) fn asking_nothing(self) -> Self {
        self.sending(Traffic::Events(Events {
            kind: Kind::Standby,
            ..Events::default()
        }))
    }

    pub(super) fn counting_replies(mut self) -> Self {
        self.counts_replies = true;
        self
    }
}
