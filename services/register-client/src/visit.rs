use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use member_session::{Flash, FormKind, Language, Page, Session};
use service_kit::server::RequestId;
use uuid::Uuid;

use crate::answer::{Answer, Refusal, SiteError};
use crate::scene::Scene;
use crate::site::Site;
use crate::{language, notice};

/// One visitor asking for one page.
pub(crate) struct Visit {
    scene: Scene,
    headers: HeaderMap,
    request_id: Uuid,
    /// Whether the address itself says the language: then the visitor chose it.
    language_chosen: bool,
    /// What the browser is to keep.
    cookies: Vec<HeaderValue>,
}

/// A visit to an address that begins with a language of ours; any other is answered 404.
pub(crate) struct Localized(pub(crate) Visit);

impl FromRequestParts<Site> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Infallible> {
        let (chosen, place) = split(parts.uri.path());
        let query = parts.uri.query().unwrap_or_default();
        let scene = Scene {
            site: site.clone(),
            language: chosen.unwrap_or_else(|| language::of_visitor(&parts.headers)),
            place: place.to_owned(),
            notices: notice::from_query(query),
            next: notice::next(query).or_else(|| Page::sought(parts.uri.path())),
            form_token: None,
        };
        let request_id = parts
            .extensions
            .get()
            .map_or_else(Uuid::nil, |RequestId(id)| *id);
        Ok(Self {
            scene,
            headers: parts.headers.clone(),
            request_id,
            language_chosen: chosen.is_some(),
            cookies: Vec::new(),
        })
    }
}

impl FromRequestParts<Site> for Localized {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Refusal> {
        let Ok(visit) = Visit::from_request_parts(parts, site).await;
        if visit.language_chosen {
            Ok(Self(visit))
        } else {
            Err(visit.refuse(SiteError::NotFound))
        }
    }
}

impl Visit {
    pub(crate) fn language(&self) -> Language {
        self.scene.language
    }

    pub(crate) fn place(&self) -> &str {
        &self.scene.place
    }

    /// Asks register-server who this is. What it has to tell is told on the page that is drawn next.
    pub(crate) async fn session(&mut self) -> Result<Session, Refusal> {
        self.session_for(None).await
    }

    /// The same, for a page that shows this form.
    pub(crate) async fn session_with(&mut self, shown: FormKind) -> Result<Session, Refusal> {
        self.session_for(Some(shown)).await
    }

    async fn session_for(&mut self, shown: Option<FormKind>) -> Result<Session, Refusal> {
        match self
            .scene
            .site
            .register_server
            .session(&self.headers, self.request_id, shown)
            .await
        {
            Ok(answer) => {
                self.cookies.extend(answer.cookies);
                self.scene.notices.extend(&answer.session.flash);
                self.scene.form_token.clone_from(&answer.session.form_token);
                Ok(answer.session)
            }
            Err(error) => Err(self.refuse(SiteError::Unavailable(error))),
        }
    }

    /// Sends the visitor to the page that is meant for them: members to their membership, people who are signed
    /// in to the form, all others home, from where signing in brings them back.
    pub(crate) fn elsewhere(mut self, session: &Session) -> Answer {
        let page = match (&session.membership, &session.visitor) {
            (Some(_), _) => Page::Membership,
            (None, Some(_)) => Page::Register,
            (None, None) => Page::Home,
        };
        let mut next = None;
        if page == Page::Home {
            next = self.scene.next.map(|next| next.path(self.language()));
            if self.scene.notices.is_empty() {
                self.scene.notices.push(Flash::SignInFirst);
            }
        }
        let path = page.path(self.language());
        let address = notice::carried(path, &self.scene.notices, next.as_deref());
        Answer::redirect(address).keeping(self.kept())
    }

    /// A page that nobody else may see: browsers and proxies forget it.
    pub(crate) fn personal<View: leptos::IntoView>(self, page: impl FnOnce() -> View) -> Answer {
        let cookies = self.kept();
        Answer::personal(self.scene.draw(page)).keeping(cookies)
    }

    /// A page that is the same for everybody.
    pub(crate) fn general<View: leptos::IntoView>(self, page: impl FnOnce() -> View) -> Answer {
        let cookies = self.kept();
        Answer::general(self.scene.draw(page)).keeping(cookies)
    }

    pub(crate) fn refuse(&self, error: SiteError) -> Refusal {
        Refusal {
            scene: self.scene.clone(),
            error,
        }
    }

    /// The cookies to set: those of register-server, and the language if it is news.
    fn kept(&self) -> Vec<HeaderValue> {
        let mut cookies = self.cookies.clone();
        if self.language_chosen && language::saved(&self.headers) != Some(self.language()) {
            cookies.push(language::cookie(
                self.language(),
                self.scene.site.secure_cookies,
            ));
        }
        cookies
    }
}

/// `/th/membership` is `/membership` in Thai; an address without a language of ours has no place in any.
fn split(path: &str) -> (Option<Language>, &str) {
    let after_slash = path.strip_prefix('/').unwrap_or(path);
    let end = after_slash.find('/').unwrap_or(after_slash.len());
    let (tag, place) = after_slash.split_at(end);
    match Language::from_tag(tag) {
        Some(language) => (Some(language), if place.is_empty() { "/" } else { place }),
        None => (None, "/"),
    }
}
