use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp};
use testkit::seed::Chances;
use tokio::sync::Notify;

use super::body;

/// LINE forgets a key after a day.
const OLDEST: Duration = Duration::from_hours(23);

pub(crate) const TOKEN: &str = "the-real-channel-access-token";

/// What goes wrong with one call.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// This status and message instead; nothing is accepted.
    Answer(u16, &'static str),
    /// Accepted, and answered 500.
    AcceptThenFail,
    /// Accepted, and the connection ends without an answer.
    AcceptThenCut,
    /// The connection ends; nothing is accepted.
    Cut,
    /// Accepted, and no answer ever.
    AcceptThenHang,
    /// No answer ever; nothing is accepted.
    Hang,
    /// Held back until the test releases it, then handled as usual.
    Hold,
    /// Accepted, with a body that is not LINE's.
    Html,
    /// Accepted, with a body that goes on and on.
    Endless,
    /// Accepted, with a body of a byte now and then, for ever.
    Trickle,
    /// 409 that does not say which request was accepted; the message counts as accepted.
    BareConflict,
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) key: String,
    pub(crate) body: Bytes,
    /// When it came, by the machine's clock.
    pub(crate) at: Instant,
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn recipients(&self) -> usize {
        self.to().len()
    }

    /// The person, or the people, whom it is for.
    pub(crate) fn to(&self) -> Vec<String> {
        match &self.json()["to"] {
            Value::String(user) => vec![user.clone()],
            users => serde_json::from_value(users.clone()).unwrap(),
        }
    }
}

#[derive(Default)]
struct Ledger {
    calls: Vec<Call>,
    faults: VecDeque<Fault>,
    always: Option<Fault>,
    accepted: HashSet<String>,
    clock: Clock,
    /// What each key stood for at its first use, and when that was.
    keys: HashMap<String, (Bytes, Timestamp)>,
    /// What LINE's rules on keys do not allow.
    broken_rules: Vec<&'static str>,
    received: BTreeMap<String, usize>,
    quota: Option<u64>,
    used: u64,
    quota_reads: usize,
    quota_fault: Option<Fault>,
    /// How often something goes wrong, in a hundred, and what comes next.
    chaos: Option<(u64, Chances)>,
    strangers: HashSet<String>,
    names_strangers: bool,
}

impl Ledger {
    fn judge(&mut self, call: &Call) {
        let now = self.clock.now();
        let first = || (call.body.clone(), now);
        let (body, since) = self.keys.entry(call.key.clone()).or_insert_with(first);
        if *body != call.body {
            self.broken_rules.push("one key, two bodies");
        }
        if now > *since + OLDEST {
            self.broken_rules.push("a key of more than 23 hours");
        }
    }
}

/// The multicast and quota calls of LINE, and what came of them.
#[derive(Clone, Default)]
pub(crate) struct FakeLine {
    ledger: Arc<Mutex<Ledger>>,
    /// Told when a call hangs.
    pub(crate) hanging: Arc<Notify>,
    /// Releases the call that was held back first.
    pub(crate) release: Arc<Notify>,
    sent: Arc<AtomicUsize>,
}

impl FakeLine {
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let line = Self::default();
        let router = Router::new()
            .route("/v2/bot/message/multicast", post(multicast))
            .route("/v2/bot/message/push", post(multicast))
            .route("/v2/bot/message/quota", get(quota))
            .route("/v2/bot/message/quota/consumption", get(consumption))
            .with_state(line.clone());
        (line, super::serve(router).await)
    }

    fn ledger<T>(&self, act: impl FnOnce(&mut Ledger) -> T) -> T {
        act(&mut self.ledger.lock().unwrap())
    }

    /// Goes by this clock.
    pub(crate) fn set_clock(&self, clock: &Clock) {
        self.ledger(|ledger| ledger.clock = clock.clone());
    }

    /// One key stands for one body, and for 23 hours at most (I-6).
    #[track_caller]
    pub(crate) fn assert_rules_kept(&self) {
        let broken = self.ledger(|ledger| ledger.broken_rules.clone());
        assert!(broken.is_empty(), "{broken:?}");
    }

    /// How much of bodies that go on and on was asked for, in bytes.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// The next calls go wrong, one fault each.
    pub(crate) fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.ledger(|ledger| ledger.faults.extend(faults));
    }

    /// Every call goes wrong, until `None`.
    pub(crate) fn always(&self, fault: Option<Fault>) {
        self.ledger(|ledger| ledger.always = fault);
    }

    /// Something goes wrong with so many calls in a hundred, as these chances fall.
    pub(crate) fn set_chaos(&self, chaos: Option<(u64, Chances)>) {
        self.ledger(|ledger| ledger.chaos = chaos);
    }

    /// LINE does not know these; it says so of the first in `to`, or refuses without a word.
    pub(crate) fn set_strangers(&self, people: impl IntoIterator<Item = u32>, named: bool) {
        self.ledger(|ledger| {
            ledger.strangers = people.into_iter().map(super::users::luid).collect();
            ledger.names_strangers = named;
        });
    }

    fn refusal(&self, call: &Call) -> Option<Response> {
        let (place, named) = self.ledger(|ledger| {
            let mut to = call.to().into_iter();
            let place = to.position(|user| ledger.strangers.contains(&user))?;
            Some((place, ledger.names_strangers))
        })?;
        let message = if named {
            format!(
                "The property, to[{place}], in the request body is invalid (line: -, column: -)"
            )
        } else {
            "The request body has 1 error(s)".to_owned()
        };
        Some(answer(400, &json!({ "message": message })))
    }

    pub(crate) fn set_quota(&self, quota: Option<u64>, used: u64) {
        self.ledger(|ledger| (ledger.quota, ledger.used) = (quota, used));
    }

    /// Asking for the quota goes wrong, until `None`.
    pub(crate) fn set_quota_fault(&self, fault: Option<Fault>) {
        self.ledger(|ledger| ledger.quota_fault = fault);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.ledger(|ledger| ledger.calls.clone())
    }

    pub(crate) fn quota_reads(&self) -> usize {
        self.ledger(|ledger| ledger.quota_reads)
    }

    /// How often each person got a message.
    pub(crate) fn received(&self) -> BTreeMap<String, usize> {
        self.ledger(|ledger| ledger.received.clone())
    }

    /// Everyone of 1 to `count` got exactly one, and nobody else anything.
    #[track_caller]
    pub(crate) fn assert_each_once(&self, count: u32) {
        self.assert_rules_kept();
        let received = self.received();
        let expected = (1..=count).map(|n| (super::users::luid(n), 1)).collect();
        assert!(
            received == expected,
            "{} of {count} got something, some {} times",
            received.len(),
            received.values().max().unwrap_or(&0)
        );
    }

    fn accept(&self, call: &Call) {
        self.ledger(|ledger| {
            ledger.accepted.insert(call.key.clone());
            for user in call.to() {
                *ledger.received.entry(user).or_default() += 1;
                ledger.used += 1;
            }
        });
    }
}

fn misfortune(chaos: &mut (u64, Chances)) -> Option<Fault> {
    let (percent, chances) = chaos;
    if !chances.happens(*percent) {
        return None;
    }
    Some(match chances.below(6) {
        0 => Fault::AcceptThenCut,
        1 => Fault::AcceptThenFail,
        2 => Fault::Cut,
        3 => Fault::Html,
        4 => Fault::Answer(500, "Internal"),
        _ => Fault::Answer(
            429,
            "The API rate limit has been exceeded. Try again later.",
        ),
    })
}

fn is_authorised(headers: &HeaderMap) -> bool {
    headers["authorization"] == format!("Bearer {TOKEN}")
}

fn answer(status: u16, body: &Value) -> Response {
    (
        StatusCode::from_u16(status).unwrap(),
        [
            ("content-type", "application/json"),
            ("x-line-request-id", "a-request-id"),
        ],
        body.to_string(),
    )
        .into_response()
}

async fn multicast(State(line): State<FakeLine>, headers: HeaderMap, body: Bytes) -> Response {
    let key = headers
        .get("x-line-retry-key")
        .map_or("none", |key| key.to_str().unwrap())
        .to_owned();
    let call = Call {
        key,
        body,
        at: Instant::now(),
    };
    let fault = line.ledger(|ledger| {
        ledger.calls.push(call.clone());
        ledger.judge(&call);
        let fault = ledger.faults.pop_front().or(ledger.always.clone());
        fault.or_else(|| misfortune(ledger.chaos.as_mut()?))
    });
    if !is_authorised(&headers) {
        return answer(401, &json!({"message": "Authentication failed."}));
    }
    if let Some(Fault::Hold) = fault {
        line.hanging.notify_one();
        line.release.notified().await;
    }
    if line.ledger(|ledger| ledger.accepted.contains(&call.key)) {
        let mut answer = answer(
            409,
            &json!({"message": "The retry key is already accepted"}),
        );
        let id = "accepted-id".parse().unwrap();
        answer
            .headers_mut()
            .insert("x-line-accepted-request-id", id);
        return answer;
    }
    if let Some(refusal) = line.refusal(&call) {
        return refusal;
    }
    match fault {
        None | Some(Fault::Hold) => line.accept(&call),
        Some(Fault::Answer(status, message)) => {
            let mut answer = answer(status, &json!({"message": message}));
            let elsewhere = "http://127.0.0.1:1/".parse().unwrap();
            answer.headers_mut().insert("location", elsewhere);
            return answer;
        }
        Some(Fault::AcceptThenFail) => {
            line.accept(&call);
            return answer(500, &json!({"message": "Internal"}));
        }
        Some(Fault::AcceptThenCut) => {
            line.accept(&call);
            resume_unwind(Box::new("cut"));
        }
        Some(Fault::Cut) => resume_unwind(Box::new("cut")),
        Some(Fault::AcceptThenHang) => {
            line.accept(&call);
            line.hanging.notify_one();
            std::future::pending::<()>().await;
        }
        Some(Fault::Hang) => {
            line.hanging.notify_one();
            std::future::pending::<()>().await;
        }
        Some(Fault::Endless) => {
            line.accept(&call);
            return body::endless(&line.sent);
        }
        Some(Fault::Trickle) => {
            line.accept(&call);
            return body::trickle();
        }
        Some(Fault::Html) => {
            line.accept(&call);
            return (StatusCode::OK, "<html>fine</html>").into_response();
        }
        Some(Fault::BareConflict) => {
            line.accept(&call);
            return StatusCode::CONFLICT.into_response();
        }
    }
    answer(200, &json!({}))
}

async fn quota(State(line): State<FakeLine>, headers: HeaderMap) -> Response {
    match line.ledger(|ledger| ledger.quota_fault.clone()) {
        Some(Fault::Endless) => return body::endless(&line.sent),
        Some(Fault::Trickle) => return body::trickle(),
        _ => {}
    }
    let quota = line.ledger(|ledger| {
        ledger.quota_reads += 1;
        ledger.quota
    });
    match quota {
        _ if !is_authorised(&headers) => answer(401, &json!({"message": "Authentication failed."})),
        Some(value) => answer(200, &json!({"type": "limited", "value": value})),
        None => answer(200, &json!({"type": "none"})),
    }
}

async fn consumption(State(line): State<FakeLine>) -> Response {
    let used = line.ledger(|ledger| ledger.used);
    answer(200, &json!({ "totalUsage": used }))
}
