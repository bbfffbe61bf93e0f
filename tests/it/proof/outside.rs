//! What the webhook talks to: LINE's Messaging API and api-users. Both live in the test's process, which nobody kills,
//! and write down every call.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use testkit::seed::Chances;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::event::{self, Number};

/// Longer than anybody waits for LINE.
const HANG: Duration = Duration::from_secs(15);

/// What LINE does about the first reply to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Takes it, and the connection breaks before the answer.
    TakeAndCut,
    /// Takes it and answers 500.
    TakeAndFail,
    /// Takes it and never answers.
    TakeAndHang,
    /// Does not take it and answers 500.
    Fail,
    /// Does not take it and never answers.
    Hang,
    /// Does not take it and never answers, and so a second time.
    HangTwice,
    /// Answers 429.
    Busy,
}

impl Fault {
    /// One in ten replies meets one.
    pub(super) fn drawn(chances: &mut Chances) -> Self {
        match chances.below(200) {
            0..6 => Self::TakeAndCut,
            6..10 => Self::TakeAndFail,
            10 => Self::TakeAndHang,
            11..17 => Self::Fail,
            17 => Self::Hang,
            18..20 => Self::Busy,
            _ => Self::None,
        }
    }

    fn takes(self) -> bool {
        matches!(
            self,
            Self::None | Self::TakeAndCut | Self::TakeAndFail | Self::TakeAndHang
        )
    }
}

/// A try to answer an event, as LINE saw it.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) at: Instant,
    /// Which run of which replica it was, by its access token.
    pub(super) life: String,
    /// Whether people saw the answer because of it.
    pub(super) taken: bool,
    /// Whether LINE said for certain what became of it: 2xx or 4xx.
    pub(super) definite: bool,
    /// Whether it came by the Push API.
    pub(super) pushed: bool,
}

#[derive(Default)]
struct Ledger {
    attempts: HashMap<Number, Vec<Attempt>>,
    spent: HashSet<Number>,
    look_ups: HashMap<Number, usize>,
}

/// LINE's Messaging API and api-users, at one address.
pub(super) struct Outside {
    url: String,
    faults: Vec<Fault>,
    ledger: Mutex<Ledger>,
    /// Whether api-users answers.
    open: watch::Sender<bool>,
}

impl Outside {
    /// What nothing goes wrong with.
    pub(super) async fn start() -> Arc<Self> {
        Self::failing(Vec::new()).await
    }

    /// The first reply to an event meets the fault of its number.
    pub(super) async fn failing(faults: Vec<Fault>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let outside = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            faults,
            ledger: Mutex::default(),
            open: watch::Sender::new(true),
        });
        tokio::spawn(Arc::clone(&outside).accept(listener));
        outside
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn fault(&self, number: Number) -> Fault {
        let fault = self.faults.get(usize::try_from(number).unwrap());
        fault.copied().unwrap_or(Fault::None)
    }

    /// Every attempt to answer this event, in the order in which they came.
    pub(super) fn attempts(&self, number: Number) -> Vec<Attempt> {
        let ledger = self.ledger();
        ledger.attempts.get(&number).cloned().unwrap_or_default()
    }

    /// Has api-users hang, or lets it go on.
    pub(super) fn open(&self, open: bool) {
        self.open.send_replace(open);
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let outside = Arc::clone(&self);
            let answer = service_fn(move |request| Arc::clone(&outside).answer(request));
            // Whoever is killed leaves its connections broken.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    }

    /// An error breaks the connection.
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> anyhow::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let path = head.uri.path();
        if let Some(user) = path.strip_prefix("/users/") {
            let _ = self.open.subscribe().wait_for(|open| *open).await;
            let user = user.trim_end_matches("/membership");
            return Ok(Response::new(self.look_up(user).to_string().into()));
        }
        if path == "/memberships" {
            let _ = self.open.subscribe().wait_for(|open| *open).await;
            let question: Value = serde_json::from_slice(&body)?;
            let users = question["luids"].as_array().into_iter().flatten();
            let all: Vec<_> = users
                .filter_map(|user| Some(self.look_up(user.as_str()?)))
                .collect();
            let answer = json!({ "memberships": all }).to_string();
            return Ok(Response::new(answer.into()));
        }
        if path == "/changes" {
            let nobody = json!({ "changes": [], "next_after": 0 }).to_string();
            return Ok(Response::new(nobody.into()));
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let life = life(&head.headers);
        match path {
            "/v2/bot/message/reply" => self.reply(&body, life).await,
            "/v2/bot/message/push" => Ok(self.push(&body, life)),
            _ => Ok(answer(StatusCode::NOT_FOUND)),
        }
    }

    /// Everybody is a member.
    fn look_up(&self, user: &str) -> Value {
        if let Some(number) = event::number(user) {
            *self.ledger().look_ups.entry(number).or_default() += 1;
        }
        json!({ "member": true, "language": null })
    }

    async fn reply(&self, body: &Value, life: String) -> anyhow::Result<Response<Full<Bytes>>> {
        let number = event::number(body["replyToken"].as_str().unwrap()).unwrap();
        let (spent, fault) = self.judge(number, life);
        if spent {
            return Ok(answer(StatusCode::BAD_REQUEST));
        }
        match fault {
            Fault::None => Ok(answer(StatusCode::OK)),
            Fault::Busy => Ok(answer(StatusCode::TOO_MANY_REQUESTS)),
            Fault::Fail | Fault::TakeAndFail => Ok(answer(StatusCode::INTERNAL_SERVER_ERROR)),
            Fault::TakeAndCut => anyhow::bail!("cut"),
            Fault::Hang | Fault::HangTwice | Fault::TakeAndHang => {
                tokio::time::sleep(HANG).await;
                anyhow::bail!("nobody waits any more")
            }
        }
    }

    /// Whether the token was spent before, and what happens now. Written down before anybody is told.
    fn judge(&self, number: Number, life: String) -> (bool, Fault) {
        let mut ledger = self.ledger();
        let attempts = ledger.attempts.get(&number).map_or(0, Vec::len);
        let planned = self.fault(number);
        let meets = attempts == 0 || attempts == 1 && planned == Fault::HangTwice;
        // An event that was killed often already has not the time for more.
        let hurried = ledger.look_ups.get(&number).is_some_and(|times| *times > 2);
        let fault = if meets && !hurried {
            planned
        } else {
            Fault::None
        };
        let spent = ledger.spent.contains(&number);
        let taken = !spent && fault.takes();
        if taken {
            ledger.spent.insert(number);
        }
        ledger.attempts.entry(number).or_default().push(Attempt {
            at: Instant::now(),
            life,
            taken,
            definite: spent || matches!(fault, Fault::None | Fault::Busy),
            pushed: false,
        });
        (spent, fault)
    }

    fn push(&self, body: &Value, life: String) -> Response<Full<Bytes>> {
        let words = body["messages"][0]["text"].as_str().unwrap();
        let number = event::number(words).unwrap();
        let mut ledger = self.ledger();
        ledger.attempts.entry(number).or_default().push(Attempt {
            at: Instant::now(),
            life,
            taken: true,
            definite: true,
            pushed: true,
        });
        answer(StatusCode::OK)
    }
}

fn life(headers: &HeaderMap) -> String {
    let token = headers[header::AUTHORIZATION].to_str().unwrap();
    token.trim_start_matches("Bearer ").to_owned()
}

fn answer(status: StatusCode) -> Response<Full<Bytes>> {
    let body = match status {
        StatusCode::OK => json!({ "sentMessages": [{ "id": "1" }] }),
        _ => json!({ "message": "no" }),
    };
    let mut response = Response::new(body.to_string().into());
    *response.status_mut() = status;
    response
}
