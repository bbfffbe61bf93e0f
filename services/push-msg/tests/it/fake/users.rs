use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::Timestamp;
use testkit::seed::Chances;
use tokio::sync::Notify;
use users_client::{AudienceRequest, CheckAudience, LuidDigest};
use uuid::Uuid;

pub(crate) const TOKEN: &str = "push-msg-service-token";

#[derive(Default)]
struct Members {
    lines: Vec<String>,
    breaks_off_after: Option<usize>,
    is_down: bool,
    queries: Vec<String>,
    /// The feed: whoever left, and when.
    changes: Vec<Value>,
    /// How many of these the feed has forgotten.
    forgotten: usize,
    asked_after: Vec<i64>,
    gate: Option<Gate>,
    /// Of whom it was answered whether they may still be written to.
    checked: HashSet<Uuid>,
    /// How many members each of those answers was about, and when it was asked for.
    checks: Vec<(Instant, usize)>,
}

/// Where an answer is held back until a test lets it go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// All of the audience was named, and its end is not told yet.
    Audience,
    /// Who may still be written to is asked, and not looked up yet.
    Check,
}

/// A test and an answer meet here.
#[derive(Clone)]
struct Gate {
    at: Held,
    /// So many answers pass before.
    after: u64,
    reached: Arc<Notify>,
    open: Arc<Notify>,
}

/// The audience of the members' API.
#[derive(Clone, Default)]
pub(crate) struct FakeUsers(Arc<Mutex<Members>>);

/// The LINE user ID of member `n`.
pub(crate) fn luid(n: u32) -> String {
    format!("U{n:032x}")
}

/// What the API says of member `n`.
pub(crate) fn line(n: u32) -> String {
    line_of(n, &luid(n))
}

/// The same with another LINE user ID.
pub(crate) fn line_of(n: u32, luid: &str) -> String {
    let id = Uuid::from_u128(n.into());
    json!({"member_id": id, "luid": luid, "language": "en"}).to_string()
}

/// The same with more said of them.
pub(crate) fn line_with(n: u32, more: &Value) -> String {
    let mut line: Value = serde_json::from_str(&line(n)).unwrap();
    let more = more.as_object().unwrap().clone();
    line.as_object_mut().unwrap().extend(more);
    line.to_string()
}

impl FakeUsers {
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let users = Self::default();
        let router = Router::new()
            .route("/audiences/members", get(audience))
            .route("/audiences/preview", post(preview))
            .route("/audiences/check", post(check))
            .route("/changes", get(changes))
            .with_state(users.clone());
        (users, super::serve(router).await)
    }

    /// Members 1 to `count` consent.
    pub(crate) fn set_count(&self, count: u32) {
        self.set_lines((1..=count).map(line).collect());
    }

    pub(crate) fn set_lines(&self, lines: Vec<String>) {
        let mut members = self.0.lock().unwrap();
        members.lines = lines;
        members.checked.clear();
    }

    pub(crate) fn break_off_after(&self, lines: Option<usize>) {
        self.0.lock().unwrap().breaks_off_after = lines;
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }

    /// Holds an answer of this kind back, after so many. The first is told when it is there, the second lets it go on.
    pub(crate) fn hold(&self, at: Held, after: u64) -> (Arc<Notify>, Arc<Notify>) {
        let (reached, open) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let gate = Gate {
            at,
            after,
            reached: reached.clone(),
            open: open.clone(),
        };
        self.0.lock().unwrap().gate = Some(gate);
        (reached, open)
    }

    async fn pass_gate(&self, at: Held) {
        let gate = self.0.lock().unwrap().gate.take_if(|gate| {
            let is_next = gate.at == at && gate.after == 0;
            gate.after -= u64::from(gate.at == at && !is_next);
            is_next
        });
        if let Some(gate) = gate {
            gate.reached.notify_one();
            gate.open.notified().await;
        }
    }

    /// Member `n` leaves or is erased.
    pub(crate) fn lose(&self, n: u32, kind: &str, at: Timestamp) {
        self.0.lock().unwrap().lose(n, kind, at);
    }

    /// Somebody goes of whom it was not answered yet whether they may still be written to, if there is anybody: erased at
    /// that moment, or, without one, in a way that is in no feed. Answers who.
    pub(crate) fn lose_unchecked(
        &self,
        chances: &mut Chances,
        erased_at: Option<Timestamp>,
    ) -> Option<u32> {
        let mut members = self.0.lock().unwrap();
        let ids = members.lines.iter().filter_map(|line| id(line));
        let unchecked: Vec<_> = ids.filter(|id| !members.checked.contains(id)).collect();
        if unchecked.is_empty() {
            return None;
        }
        let place = chances.below(u64::try_from(unchecked.len()).unwrap());
        let gone = unchecked[usize::try_from(place).unwrap()].as_u128();
        let gone = u32::try_from(gone).unwrap();
        match erased_at {
            Some(at) => members.lose(gone, "erased", at),
            None => members.strike(gone),
        }
        Some(gone)
    }

    /// How many members each answer was about whether they may still be written to, and when it was asked for.
    pub(crate) fn checks(&self) -> Vec<(Instant, usize)> {
        self.0.lock().unwrap().checks.clone()
    }

    /// The feed forgets what it told so far.
    pub(crate) fn forget_changes(&self) {
        let mut members = self.0.lock().unwrap();
        members.forgotten = members.changes.len();
    }

    /// Where the feed was read on from, each time.
    pub(crate) fn asked_after(&self) -> Vec<i64> {
        self.0.lock().unwrap().asked_after.clone()
    }

    pub(crate) fn queries(&self) -> Vec<String> {
        self.0.lock().unwrap().queries.clone()
    }
}

impl Members {
    fn strike(&mut self, n: u32) {
        let gone = luid(n);
        self.lines.retain(|line| !line.contains(&gone));
    }

    fn lose(&mut self, n: u32, kind: &str, at: Timestamp) {
        self.strike(n);
        let change_id = self.changes.len() + 1;
        let digest = LuidDigest::of(luid(n));
        self.changes.push(
            json!({"change_id": change_id, "kind": kind, "luid_digest": digest, "changed_at": at}),
        );
    }
}

/// Whom a line is about.
fn id(line: &str) -> Option<Uuid> {
    line.split_once("\"member_id\":\"")?
        .1
        .get(..36)?
        .parse()
        .ok()
}

#[derive(Deserialize)]
struct After {
    after: i64,
}

/// A page of two, so that there are several.
async fn changes(
    State(users): State<FakeUsers>,
    problem::Query(query): problem::Query<After>,
) -> Response {
    let mut members = users.0.lock().unwrap();
    members.asked_after.push(query.after);
    let after = usize::try_from(query.after).unwrap();
    if members.is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if after != 0 && after < members.forgotten {
        let problem =
            json!({"type": "/problems/changes-forgotten", "title": "Gone", "status": 410});
        return (StatusCode::GONE, problem.to_string()).into_response();
    }
    let page: Vec<_> = members
        .changes
        .iter()
        .skip(after.max(members.forgotten))
        .take(2)
        .collect();
    let next = page
        .last()
        .map_or(json!(query.after), |last| last["change_id"].clone());
    json!({"changes": page, "next_after": next})
        .to_string()
        .into_response()
}

/// Those of them who are not named any more.
async fn check(
    State(users): State<FakeUsers>,
    problem::Json(check): problem::Json<CheckAudience>,
) -> Response {
    let asked_at = Instant::now();
    users.pass_gate(Held::Check).await;
    let mut members = users.0.lock().unwrap();
    if members.is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    assert!(check.only_gone && check.member_ids.len() <= 5000);
    members.checks.push((asked_at, check.member_ids.len()));
    members.checked.extend(&check.member_ids);
    let named: HashSet<Uuid> = members.lines.iter().filter_map(|line| id(line)).collect();
    let is_gone = |id: &Uuid| !named.contains(id);
    let gone: Vec<_> = check.member_ids.into_iter().filter(is_gone).collect();
    json!({ "gone": gone }).to_string().into_response()
}

async fn audience(
    State(users): State<FakeUsers>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut members = users.0.lock().unwrap();
    members.queries.push(query.unwrap_or_default());
    if headers["authorization"] != format!("Bearer {TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if members.is_down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let whole = members.lines.len();
    let count = members.breaks_off_after.unwrap_or(whole);
    let mut lines: Vec<Result<Bytes, std::io::Error>> = members.lines[..count]
        .iter()
        .map(|line| Ok(Bytes::from(format!("{line}\n"))))
        .collect();
    if members.breaks_off_after.is_some() {
        lines.push(Err(std::io::Error::other("broken off")));
    }
    // One by one, so that what came before the break arrives.
    let lines = futures::stream::iter(lines).then(|line| async {
        tokio::task::yield_now().await;
        line
    });
    let users = users.clone();
    let end = futures::stream::once(async move { users.pass_gate(Held::Audience).await });
    let lines = lines.chain(end.filter_map(async |()| None));
    Body::from_stream(lines).into_response()
}

/// Whatever is asked, it reaches the members there are; one more blocks the bot. The segment language is not spoken here:
/// a segment of one word is wrong.
async fn preview(
    State(users): State<FakeUsers>,
    problem::Json(request): problem::Json<AudienceRequest>,
) -> Response {
    let segment = request.segment.unwrap_or_default();
    if !segment.is_empty() && !segment.contains(' ') {
        let problem = json!({"type": "/problems/invalid", "title": "Invalid", "status": 422,
            "errors": [{"pointer": "/segment", "detail": "at 1: a condition is expected"}]});
        return (StatusCode::UNPROCESSABLE_ENTITY, problem.to_string()).into_response();
    }
    let reached = users.0.lock().unwrap().lines.len();
    let excluded = json!({"leaving": 0, "blocked": 1, "no_consent": 0, "not_subscribed": 0});
    json!({"reached": reached, "excluded": excluded})
        .to_string()
        .into_response()
}
