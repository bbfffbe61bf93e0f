//! What LINE's login page sends back (LL#receive-the-authorization-code), read strictly.

use line_api::login::ISSUER;
use member_session::SignInFailure;
use secrecy::SecretString;
use url::form_urlencoded;

/// LINE's codes are far shorter.
const MAX_CODE: usize = 2048;
/// Ours has 64 characters.
const MAX_STATE: usize = 128;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) state: String,
    pub(super) outcome: Outcome,
}

/// A code, or why there is none.
#[derive(Debug)]
pub(super) enum Outcome {
    Code(SecretString),
    Refused(SignInFailure),
}

impl Answer {
    /// One state, and one code or one error; from LINE, if it says from whom (RFC 9207). Else nothing.
    pub(super) fn read(query: &str) -> Option<Self> {
        let state = only(query, "state").ok()??;
        let code = only(query, "code").ok()?;
        let error = only(query, "error").ok()?;
        let issuer = only(query, "iss").ok()?;
        if !(1..=MAX_STATE).contains(&state.len()) || issuer.is_some_and(|issuer| issuer != ISSUER)
        {
            return None;
        }
        let outcome = match (code, error) {
            (Some(code), None) if (1..=MAX_CODE).contains(&code.len()) => {
                Outcome::Code(code.into())
            }
            (None, Some(error)) => Outcome::Refused(failure(&error)),
            _ => return None,
        };
        Some(Self { state, outcome })
    }
}

/// LINE writes its errors in capitals on the web and in small letters elsewhere.
fn failure(error: &str) -> SignInFailure {
    match error.to_ascii_uppercase().as_str() {
        "ACCESS_DENIED" => SignInFailure::Cancelled,
        "SERVER_ERROR" | "TEMPORARILY_UNAVAILABLE" => SignInFailure::Unavailable,
        _ => SignInFailure::Refused,
    }
}

struct Repeated;

fn only(query: &str, name: &str) -> Result<Option<String>, Repeated> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (first, None) => Ok(first.map(|(_, value)| value.into_owned())),
        (_, Some(_)) => Err(Repeated),
    }
}
