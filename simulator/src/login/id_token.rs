//! ID tokens, right and wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::ISSUER;
use crate::app::App;
use crate::ids;
use crate::world::{AuthorizeRequest, Flaw, Person};

/// Seconds that an ID token lives.
const LIFE: i64 = 3600;

/// The ID token of a web login: HS256 under the channel secret, without `kid`. `flaw` spoils it.
pub(super) fn issue(
    app: &App,
    request: &AuthorizeRequest,
    person: &Person,
    flaw: Option<Flaw>,
) -> Option<String> {
    let claims = spoil(claims(app, request, person), flaw);
    let secret = app.credentials.login_channel_secret.as_bytes();
    let hmac = |algorithm, secret: &[u8]| {
        encode(
            &Header::new(algorithm),
            &claims,
            &EncodingKey::from_secret(secret),
        )
        .ok()
    };
    match flaw {
        Some(Flaw::Absent) => None,
        Some(Flaw::NotAJwt) => Some("not-a-token".into()),
        Some(Flaw::AlgNone) => Some(unsigned(&claims)),
        Some(Flaw::WrongKey) => hmac(Algorithm::HS256, b"not the channel secret"),
        Some(Flaw::Hs512) => hmac(Algorithm::HS512, secret),
        Some(Flaw::Es256) => {
            let mut header = Header::new(Algorithm::ES256);
            header.kid = Some(app.keys.kid.clone());
            encode(&header, &claims, &app.keys.signing).ok()
        }
        Some(Flaw::Tampered) => hmac(Algorithm::HS256, secret).map(|token| tamper(&token)),
        _ => hmac(Algorithm::HS256, secret),
    }
}

fn claims(app: &App, request: &AuthorizeRequest, person: &Person) -> Value {
    let now = app.now().div_euclid(1000);
    let mut claims = json!({
        "iss": ISSUER,
        "sub": person.id,
        "aud": request.client_id,
        "exp": now + LIFE,
        "iat": now,
        "amr": ["linesso"],
    });
    if request.max_age {
        claims["auth_time"] = now.into();
    }
    if let Some(nonce) = &request.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    if request.scopes.contains("profile") {
        claims["name"] = person.name.as_str().into();
        if let Some(picture) = &person.picture_url {
            claims["picture"] = picture.as_str().into();
        }
    }
    if let Some(email) = person
        .email
        .as_ref()
        .filter(|_| request.scopes.contains("email"))
    {
        claims["email"] = email.as_str().into();
    }
    claims
}

fn spoil(mut claims: Value, flaw: Option<Flaw>) -> Value {
    let iat = claims["iat"].as_i64().unwrap_or(0);
    let remove = |claims: &mut Value, name: &str| {
        if let Some(fields) = claims.as_object_mut() {
            fields.remove(name);
        }
    };
    match flaw {
        Some(Flaw::WrongIss) => claims["iss"] = "https://access.line.example".into(),
        Some(Flaw::WrongAud) => claims["aud"] = "1999999999".into(),
        Some(Flaw::TwoAuds) => claims["aud"] = json!([claims["aud"], "1999999999"]),
        Some(Flaw::WrongNonce) => claims["nonce"] = ids::hex(16).into(),
        Some(Flaw::OtherSub) => claims["sub"] = ids::user().into(),
        Some(Flaw::NoNonce) => remove(&mut claims, "nonce"),
        Some(Flaw::NoAud) => remove(&mut claims, "aud"),
        Some(Flaw::NoIss) => remove(&mut claims, "iss"),
        Some(Flaw::NoSub) => remove(&mut claims, "sub"),
        Some(Flaw::NoIat) => remove(&mut claims, "iat"),
        Some(Flaw::NoExp) => remove(&mut claims, "exp"),
        Some(Flaw::Expired) => {
            claims["iat"] = (iat - 3 * LIFE).into();
            claims["exp"] = (iat - 2 * LIFE).into();
        }
        Some(Flaw::IatFuture) => {
            claims["iat"] = (iat + LIFE).into();
            claims["exp"] = (iat + 2 * LIFE).into();
        }
        _ => {}
    }
    claims
}

fn unsigned(claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
    format!("{header}.{}.", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Another subject under the old signature.
fn tamper(token: &str) -> String {
    let mut parts = token.splitn(3, '.');
    let (Some(header), Some(payload), Some(signature)) = (parts.next(), parts.next(), parts.next())
    else {
        return token.to_owned();
    };
    let mut claims: Value = URL_SAFE_NO_PAD
        .decode(payload)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    claims["sub"] = ids::user().into();
    format!(
        "{header}.{}.{signature}",
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}
