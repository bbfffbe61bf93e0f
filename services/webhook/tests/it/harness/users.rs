//! A small api-users: who is a member, and who follows or blocks the bot.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use axum::{Router, http::HeaderMap, http::StatusCode, http::Uri};
use serde_json::{Value, json};
use service_kit::Timestamp;
use tokio::net::TcpListener;
use users_client::{LookUpMemberships, LuidDigest};

use super::record::Record;

pub(crate) const SERVICE_TOKEN: &str = "canary-service-token";

/// How api-users feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Well,
    /// Answers every question with this status.
    Failing(u16),
    /// Answers look-ups, and state changes with this status.
    NotWriting(u16),
    /// Takes connections and never answers.
    Hanging,
}

pub(crate) struct Users {
    pub(crate) url: String,
    pub(crate) look_ups: Record<String>,
    /// About how many people it was asked in one call, each time it was several.
    pub(crate) calls_for_several: Record<usize>,
    /// Whether it is of this release, and answers them.
    pub(crate) takes_several: AtomicBool,
    /// Who, and the document.
    pub(crate) friendships: Record<(String, Value)>,
    /// What was taken back, as it was asked for.
    pub(crate) withdrawals: Record<String>,
    members: Mutex<HashMap<String, Option<&'static str>>>,
    /// The feed: who was erased, and when. What is forgotten of it is counted.
    erased: Mutex<(i64, Vec<(String, Timestamp)>)>,
    /// What was asked of the feed.
    pub(crate) changes: Record<i64>,
    health: Mutex<Health>,
}

impl Users {
    pub(crate) async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let users = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            look_ups: Record::new(),
            calls_for_several: Record::new(),
            takes_several: AtomicBool::new(true),
            friendships: Record::new(),
            withdrawals: Record::new(),
            members: Mutex::default(),
            erased: Mutex::default(),
            changes: Record::new(),
            health: Mutex::new(Health::Well),
        });
        let router = Router::new()
            .route("/users/{luid}/membership", get(membership))
            .route("/memberships", post(memberships))
            .route("/users/{luid}/friendship", put(friendship))
            .route("/users/{luid}/consents/{purpose}", delete(withdraw))
            .route("/users/{luid}/topics/{topic}", delete(withdraw))
            .route("/changes", get(changes))
            .with_state(Arc::clone(&users));
        tokio::spawn(async { axum::serve(listener, router).await });
        users
    }

    pub(crate) fn add_member(&self, luid: &str, language: Option<&'static str>) {
        self.members
            .lock()
            .unwrap()
            .insert(luid.to_owned(), language);
    }

    /// Tells in the feed that somebody was erased.
    pub(crate) fn erase(&self, luid: &str, at: Timestamp) {
        let luid = luid.to_owned();
        self.members.lock().unwrap().remove(&luid);
        self.erased.lock().unwrap().1.push((luid, at));
    }

    /// Forgets what the feed told so far. The numbers go on.
    pub(crate) fn forget_changes(&self) {
        let mut erased = self.erased.lock().unwrap();
        erased.0 += i64::try_from(std::mem::take(&mut erased.1).len()).unwrap();
    }

    fn membership(&self, luid: String) -> Value {
        let member = self.members.lock().unwrap().get(&luid).copied();
        self.look_ups.add(luid);
        json!({ "member": member.is_some(), "language": member.flatten() })
    }

    pub(crate) fn feel(&self, health: Health) {
        *self.health.lock().unwrap() = health;
    }

    async fn answer(&self, well: Response, writes: bool) -> Response {
        let health = *self.health.lock().unwrap();
        match health {
            Health::Well => well,
            Health::NotWriting(_) if !writes => well,
            Health::Failing(status) | Health::NotWriting(status) => {
                StatusCode::from_u16(status).unwrap().into_response()
            }
            Health::Hanging => std::future::pending().await,
        }
    }
}

fn check(headers: &HeaderMap) {
    assert_eq!(headers["authorization"], format!("Bearer {SERVICE_TOKEN}"));
}

async fn membership(
    State(users): State<Arc<Users>>,
    headers: HeaderMap,
    problem::Path(luid): problem::Path<String>,
) -> Response {
    check(&headers);
    let view = users.membership(luid);
    users.answer(view.to_string().into_response(), false).await
}

async fn memberships(
    State(users): State<Arc<Users>>,
    headers: HeaderMap,
    problem::Json(question): problem::Json<LookUpMemberships>,
) -> Response {
    check(&headers);
    if !users.takes_several.load(Ordering::Relaxed) {
        return problem::Problem::not_found().into_response();
    }
    let luids = question.luids;
    users.calls_for_several.add(luids.len());
    let each: Vec<_> = luids
        .into_iter()
        .map(|luid| users.membership(luid))
        .collect();
    let view = json!({ "memberships": each });
    users.answer(view.to_string().into_response(), false).await
}

/// A page of two, so that there are several.
async fn changes(State(users): State<Arc<Users>>, headers: HeaderMap, uri: Uri) -> Response {
    check(&headers);
    let query: HashMap<_, _> =
        url::form_urlencoded::parse(uri.query().unwrap().as_bytes()).collect();
    let after: i64 = query["after"].parse().unwrap();
    users.changes.add(after);
    let answer = {
        let (gone, erased) = &*users.erased.lock().unwrap();
        let numbered = (gone + 1..)
            .zip(erased)
            .filter(|(id, _)| *id > after)
            .take(2);
        let changes: Vec<_> = numbered
            .map(|(id, (luid, at))| {
                json!({ "change_id": id, "kind": "erased", "luid_digest": LuidDigest::of(luid), "changed_at": at })
            })
            .collect();
        if after != 0 && after < *gone {
            let forgotten = problem::Problem::new(StatusCode::GONE, "changes-forgotten");
            forgotten.into_response()
        } else {
            let next = changes
                .last()
                .map_or(json!(after), |change| change["change_id"].clone());
            json!({ "changes": changes, "next_after": next })
                .to_string()
                .into_response()
        }
    };
    users.answer(answer, false).await
}

async fn friendship(
    State(users): State<Arc<Users>>,
    headers: HeaderMap,
    problem::Path(luid): problem::Path<String>,
    problem::Json(change): problem::Json<Value>,
) -> Response {
    check(&headers);
    users.friendships.add((luid, change));
    users
        .answer(StatusCode::NO_CONTENT.into_response(), true)
        .await
}

/// Consents and topics taken back: who, what, and as of when.
async fn withdraw(
    State(users): State<Arc<Users>>,
    headers: HeaderMap,
    problem::Path((luid, _)): problem::Path<(String, String)>,
    uri: Uri,
) -> Response {
    check(&headers);
    let is_member = users.members.lock().unwrap().contains_key(&luid);
    let path = uri.path_and_query().unwrap().to_string();
    users.withdrawals.add(path);
    let well = if is_member {
        StatusCode::NO_CONTENT.into_response()
    } else {
        problem::Problem::new(StatusCode::NOT_FOUND, "no-such-member").into_response()
    };
    users.answer(well, true).await
}
