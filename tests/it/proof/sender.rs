//! Plays LINE's platform: signs, repeats, reorders, and comes again until it is told 200.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use service_kit::Clock;
use service_kit::http_client::{self, Limits, send};
use testkit::seed::Chances;

use super::event::{self, Number};
use super::rig::SECRET;

/// LINE gives up after this (reliability of its platform: a webhook is answered within two seconds).
const PATIENCE: Duration = Duration::from_secs(2);
/// Before it comes again after a failure.
const PAUSE: Duration = Duration::from_millis(25);
/// A webhook that is not there for so long is none.
const INSISTENCE: Duration = Duration::from_mins(1);
/// How many requests it has under way at once.
const CALLERS: usize = 16;
/// How far, in deliveries, one may be from where it belongs.
const WINDOW: u64 = 300;

/// A request, and the events in it.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) events: Vec<Number>,
    pub(super) body: String,
    /// It is sent twice at the same time.
    twice: bool,
}

/// What came of all that was sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// When each event was answered 200 first.
    pub(super) answered: HashMap<Number, Instant>,
    /// Events times deliveries that were answered 200.
    pub(super) deliveries: usize,
    /// Requests that were answered 503.
    pub(super) turned_away: usize,
    /// Requests that were not answered.
    pub(super) broken: usize,
}

/// LINE's platform, as the webhook meets it.
pub(super) struct Sender {
    http: Client,
    targets: Vec<SocketAddr>,
    sent: Mutex<Sent>,
}

impl Sender {
    /// Sends to one of these at a time.
    pub(super) fn new(targets: impl IntoIterator<Item = SocketAddr>) -> Arc<Self> {
        Arc::new(Self {
            http: http_client::client(Limits {
                total: PATIENCE,
                ..Limits::default()
            }),
            targets: targets.into_iter().collect(),
            sent: Mutex::default(),
        })
    }

    pub(super) fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap()
    }

    /// Delivers all of them, one every `pace`, until each was answered 200.
    pub(super) async fn deliver(
        self: &Arc<Self>,
        posts: Vec<Post>,
        pace: Duration,
        chances: &mut Chances,
    ) {
        let begin = tokio::time::Instant::now();
        let count = u32::try_from(posts.len()).unwrap();
        let posts = Arc::new(Mutex::new((0..count).zip(posts)));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (sender, posts) = (Arc::clone(self), Arc::clone(&posts));
                let mut chances = chances.fork();
                tokio::spawn(async move {
                    loop {
                        let Some((turn, post)) = posts.lock().unwrap().next() else {
                            return;
                        };
                        tokio::time::sleep_until(begin + pace * turn).await;
                        let mut twin = chances.fork();
                        if post.twice {
                            tokio::join!(
                                sender.insist(&post, &mut chances),
                                sender.insist(&post, &mut twin)
                            );
                        } else {
                            sender.insist(&post, &mut chances).await;
                        }
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    }

    /// Sends it again and again, here and there, until it is answered 200.
    async fn insist(&self, post: &Post, chances: &mut Chances) {
        let begin = Instant::now();
        loop {
            assert!(
                begin.elapsed() < INSISTENCE,
                "events {:?} are answered 200 within {INSISTENCE:?}",
                post.events
            );
            let choice = chances.below(self.targets.len().try_into().unwrap());
            let target = self.targets[usize::try_from(choice).unwrap()];
            if self.post(target, post).await == Some(StatusCode::OK) {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Sends it once. `None`: it was not answered.
    pub(super) async fn post(&self, target: SocketAddr, post: &Post) -> Option<StatusCode> {
        let request = self
            .http
            .post(format!("http://{target}/callback"))
            .header("x-line-signature", signature(&post.body))
            .body(post.body.clone());
        let status = send(request).await.ok().map(|answer| answer.status());
        let mut sent = self.sent();
        match status {
            Some(StatusCode::OK) => {
                sent.deliveries += post.events.len();
                for event in &post.events {
                    sent.answered.entry(*event).or_insert_with(Instant::now);
                }
            }
            Some(status) => {
                assert_eq!(
                    status,
                    StatusCode::SERVICE_UNAVAILABLE,
                    "200, 503 or nothing"
                );
                sent.turned_away += 1;
            }
            None => sent.broken += 1,
        }
        status
    }
}

impl Post {
    /// A request with these events, each of them just now said.
    pub(super) fn of(events: impl IntoIterator<Item = Number>) -> Self {
        let events: Vec<_> = events.into_iter().collect();
        let now = Clock::system().now().as_millis();
        let bodies = events
            .iter()
            .map(|number| event::event(*number, now, false));
        Self {
            body: json!({ "destination": "U0", "events": bodies.collect::<Vec<_>>() }).to_string(),
            events,
            twice: false,
        }
    }
}

/// How LINE delivers these events: each one to five times, out of order, one to three in a request, one request in
/// twenty twice at the same time, and what comes again with other white space.
pub(super) fn plan(numbers: Range<Number>, chances: &mut Chances) -> Vec<Post> {
    let mut places: Vec<(u64, Number)> = numbers
        .clone()
        .flat_map(|number| {
            std::iter::repeat_n(number, usize::try_from(1 + chances.below(5)).unwrap())
                .collect::<Vec<_>>()
        })
        .enumerate()
        .map(|(place, number)| (u64::try_from(place).unwrap(), number))
        .collect();
    for (place, _) in &mut places {
        *place += chances.below(WINDOW);
    }
    places.sort_unstable();
    let start = Clock::system().now().as_millis() - i64::from(numbers.end);
    let mut seen: HashSet<Number> = HashSet::new();
    let mut posts = Vec::new();
    let mut rest = places.as_slice();
    while !rest.is_empty() {
        let length = usize::try_from(1 + chances.below(3))
            .unwrap()
            .min(rest.len());
        let (these, others) = rest.split_at(length);
        rest = others;
        let events: Vec<Number> = these.iter().map(|(_, number)| *number).collect();
        let again = |number: &Number| seen.contains(number);
        let bodies: Vec<Value> = events
            .iter()
            .map(|number| event::event(*number, start + i64::from(*number), again(number)))
            .collect();
        let delivery = json!({ "destination": "U0", "events": bodies });
        let body = if events.iter().any(again) && chances.happens(50) {
            serde_json::to_string_pretty(&delivery).unwrap()
        } else {
            delivery.to_string()
        };
        seen.extend(&events);
        posts.push(Post {
            events,
            body,
            twice: chances.happens(5),
        });
    }
    posts
}

/// Signs as LINE does. Written here once more, so that a slip in the product's own code shows.
pub(super) fn signature(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, body.as_bytes()))
}
