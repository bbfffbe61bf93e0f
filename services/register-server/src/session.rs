//! Who is signed in, and the document that says so.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use line_api::UserId;
use member_session::{Form, FormKind, Page, Session, Visitor};
use problem::{Json, Query};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use service_kit::Timestamp;
use url::Url;
use users_client::{Member, Status};

use crate::app::AppState;
use crate::digest::Digest;
use crate::error::Error;
use crate::seal::{self, Purpose};
use crate::secret_id::SecretId;
use crate::store::NewSession;
use crate::{cookie, member};

/// Being in use is written down this often, not on every page.
const TOUCH: Duration = Duration::from_mins(1);

/// Who LINE says is signed in. It is kept sealed under the session's own ID.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) luid: UserId,
    /// Needed to take back at LINE what they granted, when they leave.
    access_token: String,
    pub(crate) display_name: Option<String>,
    pub(crate) picture_url: Option<String>,
    /// Whether they were the bot's friend when they signed in.
    pub(crate) is_friend: Option<bool>,
    /// Whether they signed in to leave: that is not asked of anybody twice.
    #[serde(default)]
    pub(crate) came_to_leave: bool,
}

impl Person {
    pub(crate) fn new(
        identity: line_api::login::Identity,
        access_token: &SecretString,
        is_friend: Option<bool>,
        next: Option<Page>,
    ) -> Self {
        use secrecy::ExposeSecret as _;
        Self {
            luid: identity.user_id,
            access_token: access_token.expose_secret().to_owned(),
            display_name: identity.name.map(line_api::Private::into_string),
            picture_url: identity
                .picture
                .map(line_api::Private::into_string)
                .filter(|address| is_fit_for_a_page(address)),
            is_friend,
            came_to_leave: next == Some(Page::Leave),
        }
    }

    /// Finds all their sessions.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.luid.as_str())
    }

    pub(crate) fn access_token(&self) -> SecretString {
        SecretString::from(self.access_token.clone())
    }
}

/// Whether a page may show the picture at this address. Nobody here ever fetches it.
fn is_fit_for_a_page(address: &str) -> bool {
    address.len() <= 2000
        && Url::parse(address).is_ok_and(|url| {
            url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
        })
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// Somebody signed in, and the key to what is kept about them.
#[derive(Debug)]
pub(crate) struct SignedIn {
    id: SecretId,
    pub(crate) person: Person,
    pub(crate) since: Timestamp,
    was_member: bool,
    kept_form: Option<FormKind>,
}

/// How somebody who is signed in stands with us.
#[derive(Debug)]
pub(crate) enum Standing {
    Member(Box<Member>),
    Stranger,
    /// They were a member and are not any more, or are on the way out: their sessions have ended.
    Gone,
}

/// Begins a session under a new ID, in place of the one that the browser had before.
pub(crate) async fn begin(
    app: &AppState,
    former: Option<&SecretId>,
    person: &Person,
    is_member: bool,
) -> Result<HeaderValue, Error> {
    let id = SecretId::random();
    let session = NewSession {
        digest: id.digest(),
        person: person.digest(),
        sealed: seal::seal(&id, Purpose::Identity, person)?,
        is_member,
        created_at: app.clock.now(),
    };
    let former = former.map(SecretId::digest);
    app.store.begin_session(&session, former.as_ref()).await?;
    Ok(cookie::set_session(&id))
}

/// Who is signed in, if anybody is.
pub(crate) async fn find(app: &AppState, headers: &HeaderMap) -> Result<Option<SignedIn>, Error> {
    let Some(id) = cookie::session(headers) else {
        return Ok(None);
    };
    let (digest, now) = (id.digest(), app.clock.now());
    let Some(stored) = app.store.session(&digest, now).await? else {
        return Ok(None);
    };
    let Ok(person) = seal::open(&id, Purpose::Identity, &stored.sealed) else {
        // Tampered with, or of an older release: whoever it was signs in again.
        tracing::warn!("a session does not open and was ended");
        app.store.end_session(&digest).await?;
        return Ok(None);
    };
    if now.since(stored.last_seen_at) >= TOUCH {
        app.store.touch_session(&digest, now).await?;
    }
    Ok(Some(SignedIn {
        id,
        person,
        since: stored.created_at,
        was_member: stored.is_member,
        kept_form: stored.kept_form,
    }))
}

impl SignedIn {
    /// Asks the members' API, every time: a membership that ended ends the sessions with it.
    pub(crate) async fn standing(&self, app: &AppState) -> Result<Standing, Error> {
        match app.users.member(self.person.luid.as_str()).await? {
            Some(member) if member.status == Status::Active => {
                if !self.was_member {
                    app.store.mark_member(&self.id.digest()).await?;
                }
                Ok(Standing::Member(Box::new(member)))
            }
            None if !self.was_member => Ok(Standing::Stranger),
            left => {
                if left.is_some() {
                    let now = app.clock.now();
                    app.store.confirm_leaving(&self.person.luid, now).await?;
                }
                app.store.end_sessions_of(&self.person.digest()).await?;
                Ok(Standing::Gone)
            }
        }
    }

    /// Whether a form with this token was drawn for this session.
    pub(crate) fn drew(&self, form_token: &str) -> Result<bool, Error> {
        let own = seal::form_token(&self.id)?;
        Ok(verify_slices_are_equal(own.as_bytes(), form_token.as_bytes()).is_ok())
    }

    /// Keeps a refused form for the next page that shows it.
    pub(crate) async fn keep_form(
        &self,
        app: &AppState,
        kind: FormKind,
        form: &Form,
    ) -> Result<(), Error> {
        let sealed = seal::seal(&self.id, Purpose::Form, form)?;
        let digest = self.id.digest();
        Ok(app.store.keep_form(&digest, kind, &sealed).await?)
    }

    /// Ends this session.
    pub(crate) async fn end(&self, app: &AppState) -> Result<(), Error> {
        Ok(app.store.end_session(&self.id.digest()).await?)
    }

    /// Takes the refused form out, if it is of the kind that the page shows.
    async fn take_form(
        &self,
        app: &AppState,
        shown: Option<FormKind>,
    ) -> Result<Option<Form>, Error> {
        let Some(kind) = shown.filter(|_| shown == self.kept_form) else {
            return Ok(None);
        };
        let sealed = app.store.take_form(&self.id.digest(), kind).await?;
        Ok(sealed.and_then(|sealed| seal::open(&self.id, Purpose::Form, &sealed).ok()))
    }
}

/// `GET /member/session?form=…`: the form that the page shows, if it shows one.
#[derive(Debug, Deserialize)]
pub(crate) struct Shown {
    form: Option<FormKind>,
}

/// `GET /member/session`: what register-client draws a page from.
pub(crate) async fn show(
    State(app): State<AppState>,
    headers: HeaderMap,
    Query(shown): Query<Shown>,
) -> Result<Response, Error> {
    let mut document = Session::default();
    if let Some(signed_in) = find(&app, &headers).await? {
        let standing = signed_in.standing(&app).await?;
        if let Standing::Member(member) = &standing {
            // Of all pages, the one with this form shows it.
            let history = if shown.form == Some(FormKind::Update) {
                let luid = signed_in.person.luid.as_str();
                app.users.consents(luid).await?.unwrap_or_default()
            } else {
                Vec::new()
            };
            document.membership = Some(member::view(member, &signed_in.person, &history));
        }
        if !matches!(standing, Standing::Gone) {
            document.visitor = Some(Visitor {
                display_name: signed_in.person.display_name.clone(),
            });
            document.form = signed_in.take_form(&app, shown.form).await?;
            document.form_token = Some(seal::form_token(&signed_in.id)?);
        }
    }
    let mut cookies = Vec::new();
    if document.visitor.is_none() && cookie::session(&headers).is_some() {
        cookies.push((header::SET_COOKIE, cookie::clear_session()));
    }
    if let Some(flash) = cookie::flash(&headers) {
        document.flash.push(flash);
        cookies.push((header::SET_COOKIE, cookie::clear_flash()));
    }
    Ok((AppendHeaders(cookies), Json(document)).into_response())
}
