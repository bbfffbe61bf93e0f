//! Which page answers which address.

use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use leptos::view;
use member_session::{FormKind, Legal, Page, SORRY_PATH, SignInFailure};

use crate::answer::{self, Answer, Refusal, SiteError};
use crate::compress;
use crate::language;
use crate::site::Site;
use crate::view::{Goodbye, Home, Leave, LegalPage, Membership, Register, SignInFailed, Welcome};
use crate::visit::{Localized, Visit};

/// The addresses are those of `member_session::Page`, and the two texts that everybody may read.
pub(crate) fn router(site: Site) -> Router {
    Router::new()
        .route("/", get(choose_language))
        .route("/{lang}", get(add_slash))
        .route("/{lang}/", get(home))
        .route("/{lang}/register", get(register))
        .route("/{lang}/welcome", get(welcome))
        .route("/{lang}/membership", get(membership))
        .route("/{lang}/leave", get(leave))
        .route("/{lang}/goodbye", get(goodbye))
        .route("/{lang}/sign-in-failed/{kind}", get(sign_in_failed))
        .route("/{lang}/privacy", get(privacy))
        .route("/{lang}/terms", get(terms))
        .route(&format!("{SORRY_PATH}/{{status}}"), get(sorry))
        .route("/assets/{file}", get(asset))
        .route("/favicon.ico", get(favicon))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(compress::pages))
        .layer(middleware::map_response_with_state(
            site.clone(),
            answer::guarded,
        ))
        .with_state(site)
}

/// Their saved choice; else the language of LINE, if the link in LINE says it (`/?lang=th`); else the browser's.
async fn choose_language(uri: Uri, headers: HeaderMap) -> Response {
    let chosen = language::saved(&headers)
        .or_else(|| language::of_link(uri.query().unwrap_or_default()))
        .unwrap_or_else(|| language::of_visitor(&headers));
    let home = Page::Home.path(chosen);
    let mut response = Answer::redirect(home).into_response();
    response.headers_mut().insert(
        header::VARY,
        HeaderValue::from_static("Accept-Language, Cookie"),
    );
    response
}

async fn add_slash(Localized(visit): Localized) -> Answer {
    Answer::redirect(Page::Home.path(visit.language()))
}

async fn home(Localized(mut visit): Localized) -> Result<Answer, Refusal> {
    let session = visit.session().await?;
    Ok(visit.personal(|| view! { <Home session /> }))
}

async fn register(Localized(mut visit): Localized) -> Result<Answer, Refusal> {
    let session = visit.session_with(FormKind::Register).await?;
    Ok(match &session {
        member_session::Session {
            visitor: Some(visitor),
            membership: None,
            ..
        } => {
            let visitor = visitor.clone();
            visit.personal(|| view! { <Register visitor form=session.form /> })
        }
        _ => visit.elsewhere(&session),
    })
}

async fn welcome(Localized(mut visit): Localized) -> Result<Answer, Refusal> {
    let session = visit.session().await?;
    Ok(match session.membership {
        Some(membership) => visit.personal(|| view! { <Welcome membership /> }),
        None => visit.elsewhere(&session),
    })
}

async fn membership(Localized(mut visit): Localized) -> Result<Answer, Refusal> {
    let session = visit.session_with(FormKind::Update).await?;
    Ok(match session.membership {
        Some(membership) => {
            visit.personal(|| view! { <Membership membership form=session.form /> })
        }
        None => visit.elsewhere(&session),
    })
}

async fn leave(Localized(mut visit): Localized) -> Result<Answer, Refusal> {
    let session = visit.session().await?;
    Ok(match session.membership {
        Some(_) => visit.personal(|| view! { <Leave /> }),
        None => visit.elsewhere(&session),
    })
}

async fn goodbye(Localized(visit): Localized) -> Answer {
    visit.general(|| view! { <Goodbye /> })
}

async fn sign_in_failed(Localized(visit): Localized) -> Result<Answer, Refusal> {
    let kind = visit
        .place()
        .rsplit('/')
        .next()
        .and_then(SignInFailure::from_slug);
    let Some(failure) = kind else {
        return Err(visit.refuse(SiteError::NotFound));
    };
    let status = match failure {
        SignInFailure::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        SignInFailure::TooMany => StatusCode::TOO_MANY_REQUESTS,
        SignInFailure::Cancelled | SignInFailure::Expired | SignInFailure::Refused => {
            StatusCode::BAD_REQUEST
        }
    };
    let page = visit
        .general(|| view! { <SignInFailed failure /> })
        .status(status);
    Ok(match failure {
        SignInFailure::Unavailable | SignInFailure::TooMany => page.again_later(),
        SignInFailure::Cancelled | SignInFailure::Expired | SignInFailure::Refused => page,
    })
}

async fn privacy(Localized(visit): Localized) -> Answer {
    visit.general(|| view! { <LegalPage which=Legal::Privacy /> })
}

async fn terms(Localized(visit): Localized) -> Answer {
    visit.general(|| view! { <LegalPage which=Legal::Terms /> })
}

async fn asset(
    State(site): State<Site>,
    uri: Uri,
    headers: HeaderMap,
    visit: Visit,
) -> Result<Response, Refusal> {
    uri.path()
        .strip_prefix("/assets/")
        .and_then(|name| site.assets.answer(name, compress::takes_gzip(&headers)))
        .ok_or_else(|| visit.refuse(SiteError::NotFound))
}

/// Browsers that do not read the page's head look here.
async fn favicon(State(site): State<Site>) -> Answer {
    Answer::redirect(site.assets.icon.path())
}

/// What stands in front sends people here, and has said itself what is the matter.
async fn sorry(uri: Uri, visit: Visit) -> Refusal {
    let status = uri.path().rsplit('/').next();
    let status = status.and_then(|status| status.parse::<StatusCode>().ok());
    visit.refuse(match status {
        Some(StatusCode::TOO_MANY_REQUESTS) => SiteError::TooMany,
        Some(status) if status.is_server_error() => SiteError::PartAway,
        _ => SiteError::NotFound,
    })
}

async fn not_found(visit: Visit) -> Refusal {
    visit.refuse(SiteError::NotFound)
}

async fn wrong_method(visit: Visit) -> Refusal {
    visit.refuse(SiteError::WrongMethod)
}
