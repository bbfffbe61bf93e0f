//! A small LINE: takes replies once per token, knows languages, and misbehaves when told to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, http::HeaderMap, http::StatusCode};
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::record::Record;

pub(crate) const ACCESS_TOKEN: &str = "canary-access-token";

/// A reply as LINE saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) token: String,
    pub(crate) texts: Vec<String>,
    /// What LINE answered, or [`NO_ANSWER`].
    pub(crate) status: u16,
    /// When it came.
    pub(crate) at: Timestamp,
}

/// The status of a reply that nobody was answered.
pub(crate) const NO_ANSWER: u16 = 0;

impl Reply {
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.texts.len(), 1, "one text");
        &self.texts[0]
    }
}

/// A push as LINE saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Push {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// What LINE does about a reply or a push instead of taking it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Answers this status and does nothing.
    Status(u16),
    /// Takes it and answers 500 all the same.
    AcceptAndFail,
    /// Hangs up without an answer, and does nothing.
    Cut,
    /// Takes it, and hangs up without an answer.
    AcceptAndCut,
    /// Takes it, and never answers.
    AcceptAndHang,
    /// Waits to be released, then takes it.
    Hold,
}

/// Says what happens to a reply with this token that comes for the so-manieth time, from 1.
type Plan = Box<dyn Fn(&str, usize) -> Option<Fault> + Send + Sync>;

pub(crate) struct Line {
    pub(crate) url: String,
    pub(crate) replies: Record<Reply>,
    pub(crate) pushes: Record<Push>,
    /// The tokens of replies that are being held, and `push`.
    pub(crate) held: Record<String>,
    pub(crate) languages: Mutex<HashMap<String, &'static str>>,
    pub(crate) profiles: Record<String>,
    faults: Mutex<VecDeque<Fault>>,
    plan: Mutex<Option<Plan>>,
    came: Mutex<HashMap<String, usize>>,
    used: Mutex<HashSet<String>>,
    gate: Semaphore,
    clock: Clock,
}

impl Line {
    pub(crate) async fn start(clock: Clock) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            replies: Record::new(),
            pushes: Record::new(),
            held: Record::new(),
            languages: Mutex::default(),
            profiles: Record::new(),
            faults: Mutex::default(),
            plan: Mutex::default(),
            came: Mutex::default(),
            used: Mutex::default(),
            gate: Semaphore::new(0),
            clock,
        });
        let router = Router::new()
            .route("/v2/bot/message/reply", post(reply))
            .route("/v2/bot/message/push", post(push))
            .route("/v2/bot/profile/{user}", get(profile))
            .with_state(Arc::clone(&line));
        tokio::spawn(async { axum::serve(listener, router).await });
        line
    }

    /// The next replies and pushes meet these, in turn.
    pub(crate) fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// From now on replies meet what `plan` says.
    pub(crate) fn misbehave_by(
        &self,
        plan: impl Fn(&str, usize) -> Option<Fault> + Send + Sync + 'static,
    ) {
        *self.plan.lock().unwrap() = Some(Box::new(plan));
    }

    /// Lets go of this many that are held.
    pub(crate) fn release(&self, count: usize) {
        self.gate.add_permits(count);
    }

    fn fault(&self, token: &str) -> Option<Fault> {
        let mut came = self.came.lock().unwrap();
        let came = came.entry(token.to_owned()).or_default();
        *came += 1;
        let plan = self.plan.lock().unwrap();
        let next = self.faults.lock().unwrap().pop_front();
        next.or_else(|| plan.as_ref()?(token, *came))
    }

    async fn hold(&self, token: &str) {
        self.held.add(token.to_owned());
        self.gate.acquire().await.unwrap().forget();
    }

    /// 200, or 400 if the token was used before.
    fn take(&self, token: &str) -> u16 {
        if self.used.lock().unwrap().insert(token.to_owned()) {
            200
        } else {
            400
        }
    }
}

async fn reply(
    State(line): State<Arc<Line>>,
    headers: HeaderMap,
    problem::Json(body): problem::Json<Value>,
) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {ACCESS_TOKEN}"));
    assert!(!headers.contains_key("x-line-retry-key"), "LINE refuses it");
    let token = body["replyToken"].as_str().unwrap().to_owned();
    let texts: Vec<_> = texts(&body);
    let at = line.clock.now();
    let fault = line.fault(&token);
    let status = match fault {
        Some(Fault::Status(status)) => status,
        Some(Fault::AcceptAndFail) => match line.take(&token) {
            200 => 500,
            refused => refused,
        },
        Some(Fault::Cut) => NO_ANSWER,
        Some(Fault::AcceptAndCut | Fault::AcceptAndHang) => {
            line.take(&token);
            NO_ANSWER
        }
        Some(Fault::Hold) => {
            line.hold(&token).await;
            line.take(&token)
        }
        None => line.take(&token),
    };
    line.replies.add(Reply {
        token,
        texts,
        status,
        at,
    });
    match fault {
        Some(Fault::AcceptAndHang) => std::future::pending().await,
        _ => answer(status),
    }
}

async fn push(
    State(line): State<Arc<Line>>,
    headers: HeaderMap,
    problem::Json(body): problem::Json<Value>,
) -> Response {
    assert_eq!(headers["authorization"], format!("Bearer {ACCESS_TOKEN}"));
    assert!(headers.contains_key("x-line-retry-key"));
    let status = match line.fault("push") {
        Some(Fault::Status(status)) => status,
        Some(Fault::Hold) => {
            line.hold("push").await;
            200
        }
        Some(_) => NO_ANSWER,
        None => 200,
    };
    line.pushes.add(Push {
        to: body["to"].as_str().unwrap().to_owned(),
        text: texts(&body).concat(),
    });
    answer(status)
}

fn texts(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap().iter();
    messages
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect()
}

fn answer(status: u16) -> Response {
    let body = match status {
        200 => json!({ "sentMessages": [{ "id": "1" }] }),
        400 => json!({ "message": "Invalid reply token" }),
        // Ends the connection's task, and with it the connection; no hook tells of it.
        NO_ANSWER => std::panic::resume_unwind(Box::new(())),
        _ => json!({ "message": "no" }),
    };
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

async fn profile(
    State(line): State<Arc<Line>>,
    problem::Path(user): problem::Path<String>,
) -> Response {
    line.profiles.add(user.clone());
    match line.languages.lock().unwrap().get(&user) {
        Some(language) => {
            json!({ "userId": user, "displayName": "canary-name", "language": language })
                .to_string()
                .into_response()
        }
        None => (
            StatusCode::NOT_FOUND,
            json!({ "message": "Not found" }).to_string(),
        )
            .into_response(),
    }
}
