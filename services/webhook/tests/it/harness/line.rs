//! A small LINE: takes replies once per token, knows languages, and misbehaves when told to.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, http::HeaderMap, http::StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::record::Record;

pub(crate) const ACCESS_TOKEN: &str = "canary-access-token";

/// A reply as LINE saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) token: String,
    pub(crate) texts: Vec<String>,
    pub(crate) status: u16,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.texts.len(), 1, "one text");
        &self.texts[0]
    }
}

/// What LINE does about a reply instead of taking it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Answers this status and does nothing.
    Status(u16),
    /// Takes it and answers 500 all the same.
    AcceptAndFail,
    /// Waits to be released, then takes it.
    Hold,
}

pub(crate) struct Line {
    pub(crate) url: String,
    pub(crate) replies: Record<Reply>,
    /// Replies that are being held.
    pub(crate) held: Record<String>,
    pub(crate) languages: Mutex<HashMap<String, &'static str>>,
    pub(crate) profiles: Record<String>,
    faults: Mutex<VecDeque<Fault>>,
    used: Mutex<HashSet<String>>,
    gate: Semaphore,
}

impl Line {
    pub(crate) async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            replies: Record::new(),
            held: Record::new(),
            languages: Mutex::default(),
            profiles: Record::new(),
            faults: Mutex::default(),
            used: Mutex::default(),
            gate: Semaphore::new(0),
        });
        let router = Router::new()
            .route("/v2/bot/message/reply", post(reply))
            .route("/v2/bot/profile/{user}", get(profile))
            .with_state(Arc::clone(&line));
        tokio::spawn(async { axum::serve(listener, router).await });
        line
    }

    /// The next replies meet these, in turn.
    pub(crate) fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    /// Lets go of this many held replies.
    pub(crate) fn release(&self, count: usize) {
        self.gate.add_permits(count);
    }

    fn refuse(&self, token: &str) -> Option<u16> {
        (!self.used.lock().unwrap().insert(token.to_owned())).then_some(400)
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
    let messages = body["messages"].as_array().unwrap();
    let texts = messages
        .iter()
        .map(|message| message["text"].as_str().unwrap().to_owned());
    let texts: Vec<_> = texts.collect();
    let fault = line.faults.lock().unwrap().pop_front();
    let status = match fault {
        Some(Fault::Status(status)) => status,
        Some(Fault::AcceptAndFail) => line.refuse(&token).unwrap_or(500),
        Some(Fault::Hold) => {
            line.held.add(token.clone());
            line.gate.acquire().await.unwrap().forget();
            line.refuse(&token).unwrap_or(200)
        }
        None => line.refuse(&token).unwrap_or(200),
    };
    line.replies.add(Reply {
        token,
        texts,
        status,
    });
    let body = match status {
        200 => json!({ "sentMessages": [{ "id": "1" }] }),
        400 => json!({ "message": "Invalid reply token" }),
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
