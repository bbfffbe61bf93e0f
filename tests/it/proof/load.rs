//! Requests at a steady rate, however many of those before still wait for an answer.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode, header};
use service_kit::http_client::{self, Limits, read_bounded, send};
use testkit::tier::Tier;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::event::Number;
use super::inbox::Inbox;
use super::rig::until;
use super::sender::{Post, Sent, signature};

/// LINE gives up after two seconds, wherever there is time to take its time.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(2));
/// What was not taken is taken and done in this time.
const SETTLING: Duration = Duration::from_mins(2);
const ANSWER_BYTES: usize = 16 * 1024;
/// A machine on which a request leaves later than this, one in a hundred times, has too much else to do for times to
/// say anything of the webhook.
const LATE: Duration = Duration::from_millis(10);

/// LINE's platform on a busy day: it keeps its connections, and comes whether the others were answered or not.
#[derive(Debug, Clone)]
pub(super) struct Load {
    http: Client,
    url: String,
    host: Option<&'static str>,
}

/// How one request was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) event: Number,
    /// What kept it from being answered, if it was not.
    pub(super) status: Result<StatusCode, String>,
    /// From the moment when it was due.
    pub(super) took: Duration,
    pub(super) at: Instant,
    /// Whether it says when to come again.
    pub(super) come_again: bool,
}

/// How all of them were answered.
#[derive(Debug)]
pub(super) struct Answers {
    answers: Vec<Answer>,
    /// How much later than it was due each request left.
    late: Times,
}

/// How long some answers took, shortest first.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Load {
    pub(super) fn on(target: SocketAddr) -> Self {
        let limits = Limits {
            total: Tier::from_env().pick(PATIENCE.0, PATIENCE.1),
            ..Limits::default()
        };
        Self {
            http: http_client::client(limits),
            url: format!("http://{target}/callback"),
            host: None,
        }
    }

    /// Over TLS, by a client that knows where `host` is.
    pub(super) fn through(http: Client, port: u16, host: &'static str) -> Self {
        Self {
            http,
            url: format!("https://{host}:{port}/callback"),
            host: Some(host),
        }
    }

    /// As if it had been found under this name.
    pub(super) fn for_host(self, host: &'static str) -> Self {
        Self {
            host: Some(host),
            ..self
        }
    }

    /// Sends each of these events in a request of its own, one every `pace`.
    pub(super) async fn send(&self, events: Range<Number>, pace: Duration) -> Answers {
        let begin = Instant::now();
        let mut callers = Vec::with_capacity(events.len());
        let mut late = Vec::with_capacity(events.len());
        for (turn, event) in (0..).zip(events) {
            let due = begin + pace * turn;
            tokio::time::sleep_until(due.into()).await;
            late.push(due.elapsed());
            let load = self.clone();
            callers.push(tokio::spawn(async move { load.call(event, due).await }));
        }
        let mut answers = Vec::with_capacity(callers.len());
        for caller in callers {
            answers.push(caller.await.unwrap());
        }
        Answers {
            answers,
            late: Times::of(late),
        }
    }

    /// Sends events from 0 on, one every `pace`, until it is told that this is enough.
    pub(super) async fn send_until(&self, enough: &CancellationToken, pace: Duration) -> Answers {
        const CHUNK: Number = 10;
        let mut all = Answers {
            answers: Vec::new(),
            late: Times::default(),
        };
        let mut chunks = Vec::new();
        let mut next = interval(pace * CHUNK);
        for first in (0..).step_by(CHUNK as usize) {
            next.tick().await;
            if enough.is_cancelled() {
                break;
            }
            let load = self.clone();
            chunks.push(tokio::spawn(async move {
                load.send(first..first + CHUNK, pace).await
            }));
        }
        for chunk in chunks {
            let chunk = chunk.await.unwrap();
            all.answers.extend(chunk.answers);
            all.late.0.extend(chunk.late.0);
        }
        all.late.0.sort_unstable();
        all
    }

    async fn call(self, event: Number, due: Instant) -> Answer {
        let body = Post::of([event]).body;
        let signature = signature(&body);
        let answer = self.post(body, &signature).await;
        let at = Instant::now();
        Answer {
            event,
            come_again: matches!(answer, Ok((_, true))),
            status: answer.map(|(status, _)| status),
            took: at - due,
            at,
        }
    }

    /// Delivers again what was not taken, as LINE does, until all of it is taken and done.
    pub(super) async fn redeliver(&self, answers: &Answers, inbox: &Inbox) -> Sent {
        let mut sent = Sent::default();
        sent.answered.extend(answers.accepted());
        for failed in answers.failed() {
            let post = Post::of([failed.event]);
            until(SETTLING, "200", async || {
                let answer = self.post(post.body.clone(), &signature(&post.body)).await;
                answer.is_ok_and(|(status, _)| status == StatusCode::OK)
            })
            .await;
            sent.answered.insert(failed.event, Instant::now());
        }
        until(SETTLING, "everything is done", async || {
            inbox.pending().await == 0
        })
        .await;
        sent
    }

    /// Sends these bytes with this signature. Says how they were answered, and whether it was said when to come again.
    pub(super) async fn post(
        &self,
        body: String,
        signature: &str,
    ) -> Result<(StatusCode, bool), String> {
        let mut request = self
            .http
            .post(&self.url)
            .header("x-line-signature", signature)
            .body(body);
        if let Some(host) = self.host {
            request = request.header(header::HOST, host);
        }
        let answer = send(request).await.map_err(|error| format!("{error:?}"))?;
        let come_again = answer.headers().contains_key(header::RETRY_AFTER);
        let status = answer.status();
        // A connection is kept if its answer was read.
        read_bounded(answer, ANSWER_BYTES)
            .await
            .map_err(|error| format!("{error:?}"))?;
        Ok((status, come_again))
    }
}

impl Answers {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.answers.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether the machine had time enough for all this, so that times can be judged.
    pub(super) fn are_on_time(&self) -> bool {
        self.late.per_mille(990) < LATE
    }

    /// When each event was answered 200.
    pub(super) fn accepted(&self) -> HashMap<Number, Instant> {
        self.with(StatusCode::OK)
            .map(|answer| (answer.event, answer.at))
            .collect()
    }

    /// Those that were not answered 200.
    pub(super) fn failed(&self) -> impl Iterator<Item = &Answer> {
        self.iter()
            .filter(|answer| answer.status != Ok(StatusCode::OK))
    }

    /// How long the answers with this status took.
    pub(super) fn times(&self, status: StatusCode) -> Times {
        Times::of(self.with(status).map(|answer| answer.took))
    }

    fn with(&self, status: StatusCode) -> impl Iterator<Item = &Answer> {
        self.iter()
            .filter(move |answer| answer.status == Ok(status))
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for answer in self.iter() {
            let kind = match &answer.status {
                Err(_) => "no answer",
                // Whoever is behind the ingress says when to come again.
                Ok(StatusCode::SERVICE_UNAVAILABLE) if !answer.come_again => "503 by the ingress",
                Ok(status) => status.as_str(),
            };
            kinds.entry(kind).or_default().push(answer.took);
        }
        for (place, (kind, times)) in kinds.into_iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            let times = Times::of(times);
            write!(f, "{separator}{} × {kind} ({times})", times.0.len())?;
        }
        let late = self.late.per_mille(990);
        let says = if self.are_on_time() {
            ""
        } else {
            ": too busy a machine to judge times"
        };
        write!(f, ", sent up to {late:.1?} late{says}")
    }
}

impl Times {
    pub(super) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time in which so many of a thousand were answered; none if nothing was.
    pub(super) fn per_mille(&self, part: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let place = (self.0.len() * part / 1_000).min(last);
        self.0.get(place).copied().unwrap_or_default()
    }

    pub(super) fn max(&self) -> Duration {
        self.per_mille(1_000)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (self.per_mille(500), self.per_mille(990));
        write!(f, "p50 {p50:.1?}, p99 {p99:.1?}, max {:.1?}", self.max())
    }
}
