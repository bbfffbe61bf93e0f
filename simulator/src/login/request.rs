//! Authorization requests, checked.

use std::collections::{BTreeSet, HashMap};

use url::Url;

use crate::app::App;
use crate::world::AuthorizeRequest;

/// Why an authorization request goes nowhere.
#[derive(Debug)]
pub(crate) enum Rejected {
    /// The redirect URI can't be trusted: LINE shows a page of its own.
    Page(&'static str),
    /// Sent back to the website.
    Back(String),
}

/// Checks the query of an authorization request.
pub(crate) fn parse(app: &App, query: &str) -> Result<AuthorizeRequest, Rejected> {
    let mut fields = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        fields
            .entry(name.into_owned())
            .or_insert_with(|| value.into_owned());
    }
    let mut take = |name: &str| fields.remove(name).filter(|value| !value.is_empty());

    let client_id = take("client_id").unwrap_or_default();
    if client_id != app.credentials.login_channel_id {
        return Err(Rejected::Page(
            "The client_id is not that of a known channel.",
        ));
    }
    let redirect_uri = take("redirect_uri").unwrap_or_default();
    if !app.world(|world| is_registered(&world.settings.callbacks, &redirect_uri)) {
        return Err(Rejected::Page(
            "The redirect_uri is not registered as a callback URL of this channel.",
        ));
    }
    let state = take("state");
    let fail = |error: &str, description: &str| {
        Rejected::Back(back(
            &redirect_uri,
            state.as_deref(),
            &[("error", error), ("error_description", description)],
        ))
    };
    let invalid = |description: &str| fail("INVALID_REQUEST", description);
    match take("response_type").as_deref() {
        Some("code") => {}
        None => return Err(invalid("'response_type' is not specified.")),
        Some(_) => {
            return Err(fail(
                "UNSUPPORTED_RESPONSE_TYPE",
                "response_type must be 'code'.",
            ));
        }
    }
    if state.is_none() {
        return Err(invalid("'state' is not specified."));
    }
    let scopes: BTreeSet<String> = take("scope")
        .unwrap_or_default()
        .split(' ')
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect();
    let known = |scope: &String| matches!(scope.as_str(), "openid" | "profile" | "email");
    if !scopes.iter().all(known)
        || !(scopes.contains("openid") || scopes.contains("profile"))
        || (scopes.contains("email") && !scopes.contains("openid"))
    {
        return Err(fail("INVALID_SCOPE", "The requested scope is invalid."));
    }
    let challenge = take("code_challenge");
    match (&challenge, take("code_challenge_method").as_deref()) {
        (None, None) => {}
        (Some(challenge), Some("S256")) if challenge.len() == 43 => {}
        _ => {
            return Err(invalid(
                "code_challenge must come with code_challenge_method 'S256'.",
            ));
        }
    }
    let prompt = take("prompt");
    if prompt
        .as_deref()
        .is_some_and(|p| !matches!(p, "consent" | "none" | "login"))
    {
        return Err(invalid("'prompt' is invalid."));
    }
    let bot_prompt = take("bot_prompt");
    if bot_prompt
        .as_deref()
        .is_some_and(|p| !matches!(p, "normal" | "aggressive"))
    {
        return Err(invalid("'bot_prompt' is invalid."));
    }
    if take("response_mode").is_some_and(|mode| mode != "query") {
        return Err(invalid(
            "This LINE answers with response_mode 'query' only.",
        ));
    }
    Ok(AuthorizeRequest {
        nonce: take("nonce"),
        max_age: take("max_age").is_some(),
        disable_auto_login: take("disable_auto_login").as_deref() == Some("true"),
        state: state.unwrap_or_default(),
        client_id,
        redirect_uri,
        scopes,
        challenge,
        prompt,
        bot_prompt,
    })
}

/// Exactly a registered URL, or one with query parameters added.
fn is_registered(callbacks: &[String], uri: &str) -> bool {
    callbacks.iter().any(|callback| {
        uri == callback
            || uri.strip_prefix(callback.as_str()).is_some_and(|rest| {
                rest.starts_with(if callback.contains('?') { '&' } else { '?' })
                    && !rest.contains('#')
            })
    })
}

/// `redirect_uri` with `fields` and the state added.
pub(super) fn back(redirect_uri: &str, state: Option<&str>, fields: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return redirect_uri.to_owned();
    };
    url.query_pairs_mut()
        .extend_pairs(fields)
        .extend_pairs(state.map(|state| ("state", state)));
    url.into()
}
