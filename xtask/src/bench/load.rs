//! One run of the load generator against one server.

use std::process::Command;
use std::time::Duration;

use super::server::Server;
use super::start::program;
use super::watch::{Sample, watch};
use crate::process::Core;

/// How a server is loaded.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) connections: usize,
    /// Requests a second; as many as are answered if `None`.
    pub(super) rate: Option<f64>,
    pub(super) warm_up: Duration,
    /// How long figures count, if not as long as all others.
    pub(super) seconds: Option<Duration>,
    /// Ends after this many.
    pub(super) requests: Option<u64>,
    /// The number of the first event.
    pub(super) first: u64,
    pub(super) traffic: Traffic,
    /// Whether the run lasts until every message has its reply.
    pub(super) to_last_reply: bool,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(super) enum Traffic {
    /// To a webhook.
    Events(Events),
    /// To the members' API, by a caller with this role.
    Question {
        role: &'static str,
        /// In the words of `bench ask`.
        words: Vec<String>,
        /// The status of a good answer.
        due: u16,
    },
    /// The members' API streams its whole audience, again and again, over one connection.
    Audience,
}

/// Signed events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Events {
    pub(super) kind: Kind,
    pub(super) per_request: u64,
    pub(super) forged: bool,
}

/// What the events ask for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Kind {
    /// An answer.
    #[default]
    Message,
    /// Nothing; the worker takes them up all the same.
    Standby,
    /// Nothing: too old to be taken up.
    Stale,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            per_request: 1,
            forged: false,
        }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self {
            connections: 64,
            rate: None,
            warm_up: Duration::ZERO,
            seconds: None,
            requests: None,
            first: 0,
            traffic: Traffic::Events(Events::default()),
            to_last_reply: false,
        }
    }
}

impl Load {
    /// Loads the server for `seconds`.
    pub(super) fn run(&self, server: &Server, seconds: Duration) -> anyhow::Result<Sample> {
        let mut command = Core::Load.command(&program("bench"));
        let due = match &self.traffic {
            Traffic::Events(events) => {
                command.arg("load");
                self.pace(&mut command, server, seconds);
                events.describe(&mut command);
                if events.forged { 401 } else { 200 }
            }
            Traffic::Question { role, words, due } => {
                command.arg("ask");
                self.pace(&mut command, server, seconds);
                command.arg("--token").arg(server.token(role)?);
                command.args(words);
                *due
            }
            Traffic::Audience => {
                command
                    .args(["stream", "--target", &server.addr.to_string()])
                    .args(["--seconds", &seconds.as_secs_f64().to_string()])
                    .arg("--token")
                    .arg(server.token("push-msg")?);
                200
            }
        };
        watch(command, server, due, self.to_last_reply)
    }

    fn pace(&self, command: &mut Command, server: &Server, seconds: Duration) {
        command
            .args(["--target", &server.addr.to_string()])
            .args(["--connections", &self.connections.to_string()])
            .args(["--warm-up", &self.warm_up.as_secs_f64().to_string()])
            .args(["--seconds", &seconds.as_secs_f64().to_string()])
            .args(["--first", &(server.first + self.first).to_string()]);
        if let Some(rate) = self.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        if let Some(requests) = self.requests {
            command.args(["--requests", &requests.to_string()]);
        }
    }
}

impl Events {
    fn describe(self, command: &mut Command) {
        command
            .args(["--events", &self.per_request.to_string()])
            .args([
                "--kind",
                match self.kind {
                    Kind::Message => "message",
                    Kind::Standby => "standby",
                    Kind::Stale => "stale",
                },
            ]);
        if self.forged {
            command.arg("--forged");
        }
    }
}
