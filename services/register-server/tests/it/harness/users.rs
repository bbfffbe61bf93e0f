use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use http::{StatusCode, header};
use problem::{FieldError, Json, Path, Problem, Query};
use service_kit::{Clock, Timestamp};
use tokio::net::TcpListener;
use url::Url;
use users_client::{
    Consent, Friendship, GiveConsent, Member, PersonExport, RegisterMember, Status, Topic,
    UpdateMember,
};
use uuid::Uuid;

use super::Journal;

pub(crate) const TOKEN: &str = "canary-service-token";

/// The members' API, as far as register-server asks it.
#[derive(Clone)]
pub(crate) struct FakeUsers {
    pub(crate) url: Url,
    journal: Journal,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    members: BTreeMap<String, Member>,
    /// What it fails at, by the name in the journal; `*` is everything.
    failing: HashSet<&'static str>,
    /// Whether its answer to who leaves is lost.
    is_silent: bool,
    /// Whether something else answers at its address.
    is_elsewhere: bool,
    registered: Vec<RegisterMember>,
    given: Vec<GiveConsent>,
    refusal: Option<Problem>,
}

impl FakeUsers {
    pub(crate) async fn start(clock: Clock, journal: Journal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let users = Self {
            url: Url::parse(&url).unwrap(),
            journal,
            clock,
            inner: Arc::default(),
        };
        let router = Router::new()
            .route("/register", post(register))
            .route("/users/{luid}", get(find).patch(update).delete(erase))
            .route("/users/{luid}/leave", post(leave))
            .route("/users/{luid}/consents", get(consents).post(give_consents))
            .route(
                "/users/{luid}/topics/{topic}",
                put(subscribe).delete(unsubscribe),
            )
            .route("/users/{luid}/export", get(export))
            .layer(middleware::from_fn_with_state(users.clone(), authorized))
            .with_state(users.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        users
    }

    /// Makes somebody a member, as if they had registered elsewhere.
    pub(crate) fn add(&self, luid: &str) {
        let member = self.member(luid, "Canary Name", Some("en"));
        self.inner
            .lock()
            .unwrap()
            .members
            .insert(luid.to_owned(), member);
    }

    /// The member as it stands.
    pub(crate) fn get(&self, luid: &str) -> Option<Member> {
        self.inner.lock().unwrap().members.get(luid).cloned()
    }

    /// Changes a member behind everybody's back.
    pub(crate) fn change(&self, luid: &str, change: impl FnOnce(&mut Member)) {
        change(self.inner.lock().unwrap().members.get_mut(luid).unwrap());
    }

    /// An operator deletes somebody.
    pub(crate) fn delete(&self, luid: &str) {
        self.inner.lock().unwrap().members.remove(luid);
    }

    /// From now on it fails at this.
    pub(crate) fn fail(&self, what: &'static str) {
        self.inner.lock().unwrap().failing.insert(what);
    }

    /// From now on it does as it is told when somebody leaves, and the answer is lost.
    pub(crate) fn lose_the_answer_to_leaving(&self) {
        self.inner.lock().unwrap().is_silent = true;
    }

    /// From now on a proxy that has lost its way answers: 404 and a word.
    pub(crate) fn be_elsewhere(&self) {
        self.inner.lock().unwrap().is_elsewhere = true;
    }

    /// From now on it fails at nothing.
    pub(crate) fn recover(&self) {
        let mut inner = self.inner.lock().unwrap();
        inner.failing.clear();
        inner.is_silent = false;
        inner.is_elsewhere = false;
    }

    /// The next change, registration or leaving is refused with this.
    pub(crate) fn refuse(&self, problem: Problem) {
        self.inner.lock().unwrap().refusal = Some(problem);
    }

    /// Refuses the field at `pointer` next.
    pub(crate) fn refuse_field(&self, pointer: &str) {
        self.refuse(Problem::unprocessable(vec![FieldError {
            pointer: pointer.to_owned(),
            detail: "will not do".to_owned(),
        }]));
    }

    /// Every registration that came, refused ones too.
    pub(crate) fn registered(&self) -> Vec<RegisterMember> {
        self.inner.lock().unwrap().registered.clone()
    }

    /// Every consent recorded after registering.
    pub(crate) fn given(&self) -> Vec<GiveConsent> {
        self.inner.lock().unwrap().given.clone()
    }

    fn called(&self, what: &'static str) -> Result<(), Problem> {
        self.journal.note(what);
        let inner = self.inner.lock().unwrap();
        if inner.failing.contains(what) || inner.failing.contains("*") {
            return Err(Problem::unavailable(1));
        }
        Ok(())
    }

    fn refusal(&self) -> Result<(), Problem> {
        self.inner
            .lock()
            .unwrap()
            .refusal
            .take()
            .map_or(Ok(()), Err)
    }

    fn member(&self, luid: &str, name: &str, language: Option<&str>) -> Member {
        Member {
            member_id: Uuid::now_v7(),
            luid: luid.to_owned(),
            display_name: name.to_owned(),
            picture_url: None,
            email: None,
            phone: None,
            language: language.map(ToOwned::to_owned),
            time_zone: None,
            quiet_hours: None,
            status: Status::Active,
            friendship: Friendship::Unknown,
            consents: Vec::new(),
            topics: Vec::new(),
            tags: Vec::new(),
            attributes: BTreeMap::new(),
            created_at: self.clock.now(),
            updated_at: self.clock.now(),
        }
    }
}

fn recorded(consent: &GiveConsent, now: Timestamp) -> Consent {
    Consent {
        purpose: consent.purpose.clone(),
        version: consent.version.clone(),
        text_digest: consent.text_digest.clone(),
        language: consent.language.clone(),
        granted: consent.granted,
        channel: consent.channel.clone(),
        changed_at: now,
    }
}

type Users = State<FakeUsers>;

async fn authorized(State(users): Users, request: Request, next: Next) -> Response {
    if users.inner.lock().unwrap().is_elsewhere {
        return (StatusCode::NOT_FOUND, "not found").into_response();
    }
    let token = request.headers().get(header::AUTHORIZATION).cloned();
    if token.is_some_and(|token| token == format!("Bearer {TOKEN}")) {
        next.run(request).await
    } else {
        Problem::unauthorized("Bearer").into_response()
    }
}

fn no_such_member() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no-such-member")
}

async fn register(
    State(users): Users,
    Json(candidate): Json<RegisterMember>,
) -> Result<(StatusCode, Json<Member>), Problem> {
    users
        .inner
        .lock()
        .unwrap()
        .registered
        .push(candidate.clone());
    users.called("register")?;
    users.refusal()?;
    let now = users.clock.now();
    let mut member = users.member(
        &candidate.luid,
        &candidate.display_name,
        candidate.language.as_deref(),
    );
    member.consents = candidate
        .consents
        .iter()
        .map(|one| recorded(one, now))
        .collect();
    let members = &mut users.inner.lock().unwrap().members;
    if members.contains_key(&candidate.luid) {
        return Err(Problem::conflict("already-registered"));
    }
    members.insert(candidate.luid, member.clone());
    Ok((StatusCode::CREATED, Json(member)))
}

async fn find(State(users): Users, Path(luid): Path<String>) -> Result<Json<Member>, Problem> {
    users.called("find")?;
    users.get(&luid).map(Json).ok_or_else(no_such_member)
}

async fn update(
    State(users): Users,
    Path(luid): Path<String>,
    Json(change): Json<UpdateMember>,
) -> Result<Json<Member>, Problem> {
    users.called("update")?;
    users.refusal()?;
    users.change(&luid, |member| {
        member.display_name = change.display_name.unwrap_or(member.display_name.clone());
        member.language = change.language.unwrap_or(member.language.clone());
        member.time_zone = change.time_zone.unwrap_or(member.time_zone.clone());
        member.quiet_hours = change.quiet_hours.unwrap_or(member.quiet_hours.clone());
    });
    users.get(&luid).map(Json).ok_or_else(no_such_member)
}

/// With `?status=leaving` only whoever is leaving; it is no error that there is nobody to erase.
async fn erase(
    State(users): Users,
    Path(luid): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<StatusCode, Problem> {
    users.called("erase")?;
    let only_leaving = query.get("status").is_some_and(|only| only == "leaving");
    let members = &mut users.inner.lock().unwrap().members;
    let stays = members
        .get(&luid)
        .is_some_and(|member| only_leaving && member.status != Status::Leaving);
    if !stays {
        members.remove(&luid);
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn leave(State(users): Users, Path(luid): Path<String>) -> Result<StatusCode, Problem> {
    users.called("leave")?;
    users.refusal()?;
    let is_silent = {
        let mut inner = users.inner.lock().unwrap();
        let member = inner.members.get_mut(&luid).ok_or_else(no_such_member)?;
        member.status = Status::Leaving;
        inner.is_silent
    };
    if is_silent {
        return std::future::pending().await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Its history is what stands.
async fn consents(
    State(users): Users,
    Path(luid): Path<String>,
) -> Result<Json<Vec<Consent>>, Problem> {
    users.called("history")?;
    let member = users.get(&luid).ok_or_else(no_such_member)?;
    Ok(Json(member.consents))
}

async fn subscribe(users: Users, path: Path<(String, String)>) -> Result<StatusCode, Problem> {
    set_topic(&users, path, true)
}

async fn unsubscribe(users: Users, path: Path<(String, String)>) -> Result<StatusCode, Problem> {
    set_topic(&users, path, false)
}

fn set_topic(
    users: &FakeUsers,
    Path((luid, topic)): Path<(String, String)>,
    subscribed: bool,
) -> Result<StatusCode, Problem> {
    users.called("topic")?;
    let changed_at = users.clock.now();
    users.change(&luid, |member| {
        member.topics.retain(|held| held.topic != topic);
        member.topics.push(Topic {
            topic,
            subscribed,
            changed_at,
        });
    });
    Ok(StatusCode::NO_CONTENT)
}

async fn export(
    State(users): Users,
    Path(luid): Path<String>,
) -> Result<Json<PersonExport>, Problem> {
    users.called("export")?;
    let member = users.get(&luid).ok_or_else(no_such_member)?;
    Ok(Json(PersonExport {
        exported_at: users.clock.now(),
        consents: member.consents.clone(),
        member: Some(member),
        last_active_at: None,
        friendship: None,
        audit: Vec::new(),
    }))
}

async fn give_consents(
    State(users): Users,
    Path(luid): Path<String>,
    Json(consents): Json<Vec<GiveConsent>>,
) -> Result<Json<Vec<Consent>>, Problem> {
    users.called("consents")?;
    let now = users.clock.now();
    users.inner.lock().unwrap().given.extend(consents.clone());
    users.change(&luid, |member| {
        for consent in &consents {
            member
                .consents
                .retain(|held| held.purpose != consent.purpose);
            member.consents.push(recorded(consent, now));
        }
    });
    Ok(Json(users.get(&luid).ok_or_else(no_such_member)?.consents))
}
