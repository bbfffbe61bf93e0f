//! A person's in-app browser.
//!
//! Cookies ignore ports, so everybody on this page would share one session of the website. Opening a link as
//! somebody puts the cookies of whoever was open before aside and brings theirs back.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use problem::{Path, Query};
use serde::Deserialize;
use url::{Host, Url};

use crate::app::App;
use crate::html;
use crate::login::phone_cookie;

#[derive(Debug, Deserialize)]
pub(super) struct Link {
    url: String,
}

pub(super) async fn open(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(link): Query<Link>,
    headers: HeaderMap,
) -> Response {
    let Some(url) = Url::parse(&link.url).ok().filter(is_here) else {
        return html::error(
            StatusCode::BAD_REQUEST,
            "This link leaves your machine",
            "Phones of the simulator open links to this machine only: http or https, to a loopback host.",
        );
    };
    let came: BTreeMap<String, String> = cookies(&headers);
    let before = phone_cookie(&headers);
    let theirs = app.world(|world| {
        if before.as_deref() == Some(id.as_str()) {
            return world.people.contains_key(&id).then(|| came.clone());
        }
        if let Some(before) = before.and_then(|before| world.people.get_mut(&before)) {
            before.cookies.clone_from(&came);
        }
        let person = world.people.get_mut(&id)?;
        Some(std::mem::take(&mut person.cookies))
    });
    let Some(theirs) = theirs else {
        return html::error(
            StatusCode::NOT_FOUND,
            "Nobody is there",
            "This person left, or the simulator was started anew.",
        );
    };
    let mut response = Redirect::to(url.as_str()).into_response();
    let mut set = |cookie: String| {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    };
    for name in came.keys().filter(|name| !theirs.contains_key(*name)) {
        set(format!("{name}=; Max-Age=0; {}", attributes(name)));
    }
    for (name, value) in theirs
        .iter()
        .filter(|(name, value)| came.get(*name) != Some(*value))
    {
        set(format!("{name}={value}; {}", attributes(name)));
    }
    set(format!("sim_person={id}; Path=/; HttpOnly; SameSite=Lax"));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether a link leads to this machine.
fn is_here(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
}

/// Everybody's cookies but our own.
fn cookies(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| !name.starts_with("sim_"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Browsers refuse cookies with these prefixes unless they are `Secure`; loopback counts as secure.
fn attributes(name: &str) -> &'static str {
    if name.starts_with("__Host-") || name.starts_with("__Secure-") {
        "Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}
