use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use http::{HeaderMap, header};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use service_kit::{Clock, Timestamp};

use crate::keys::{KeyRing, KeysError, decoding_key};
use crate::{Issuer, Issuers};

/// Clocks of two machines may differ by this much, in seconds.
const LEEWAY: i64 = 30;
/// Longer is no token of ours.
const TOKEN_BYTES: usize = 8 * 1024;
/// How many verified tokens are remembered. There are few callers; the bound only keeps a flood from growing it.
const REMEMBERED: usize = 1024;

/// Who is calling, proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who vouches for them: the token's issuer.
    pub issuer: String,
    /// The token's subject: a service, or an operator by name.
    pub subject: String,
    /// What it is to us, as the issuers file says.
    pub role: String,
}

/// Why nobody is proven to be calling.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There is no bearer token.
    #[error("there is no bearer token")]
    Missing,
    /// The token will not do.
    #[error("the token was refused: {0}")]
    Refused(&'static str),
    /// The issuer's keys are not to be had now.
    #[error("the issuer's keys are not to be had")]
    Keys(#[source] KeysError),
}

/// Tells who is calling from the token that they bring.
#[derive(Debug)]
pub struct Verifier {
    audience: String,
    clock: Clock,
    issuers: Vec<(Issuer, KeyRing)>,
    verified: Mutex<HashMap<[u8; 32], (Caller, i64)>>,
}

#[derive(Deserialize)]
struct Received {
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    role: Option<String>,
}

impl Verifier {
    /// Believes `issuers` about tokens made out to `audience`.
    pub fn new(issuers: Issuers, audience: &str, clock: Clock) -> Self {
        Self {
            audience: audience.to_owned(),
            clock,
            issuers: issuers
                .issuers
                .into_iter()
                .map(|issuer| (issuer, KeyRing::default()))
                .collect(),
            verified: Mutex::default(),
        }
    }

    /// Who sent a request with these headers.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, AuthError> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(AuthError::Missing);
        };
        let (scheme, token) = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .ok_or(AuthError::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(AuthError::Missing);
        }
        self.verify(token.trim()).await
    }

    /// Whom this token speaks for.
    pub async fn verify(&self, token: &str) -> Result<Caller, AuthError> {
        if token.len() > TOKEN_BYTES {
            return Err(AuthError::Refused("it is too long"));
        }
        let now = self.clock.now();
        let fingerprint = fingerprint(token);
        if let Some(caller) = self.remembered(&fingerprint, now) {
            return Ok(caller);
        }
        let (caller, exp) = self.examine(token, now).await?;
        self.remember(fingerprint, caller.clone(), exp, now);
        Ok(caller)
    }

    async fn examine(&self, token: &str, now: Timestamp) -> Result<(Caller, i64), AuthError> {
        let head = decode_header(token).map_err(|_| AuthError::Refused("it is no JWT"))?;
        let claimed = unverified_issuer(token).ok_or(AuthError::Refused("it names no issuer"))?;
        let (issuer, keys) = self
            .issuers
            .iter()
            .find(|(issuer, _)| issuer.issuer == claimed)
            .ok_or(AuthError::Refused("nobody knows its issuer"))?;
        let jwk = keys
            .find(issuer, head.kid.as_deref(), &self.clock)
            .await
            .map_err(AuthError::Keys)?
            .ok_or(AuthError::Refused("its key is unknown"))?;
        let key = decoding_key(&jwk).ok_or(AuthError::Refused("its key is of no use"))?;

        let mut validation = Validation::new(issuer.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[&issuer.issuer]);
        // Times are checked below, against the injected clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = decode::<Received>(token, &key, &validation)
            .map_err(|error| refusal(error.kind()))?
            .claims;

        check_times(&claims, now)?;
        let kid = jwk.common.key_id.as_deref();
        let caller = identify(issuer, &claims, kid)?;
        Ok((caller, claims.exp))
    }

    fn remembered(&self, fingerprint: &[u8; 32], now: Timestamp) -> Option<Caller> {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified
            .get(fingerprint)
            .filter(|(_, exp)| now.as_seconds() < exp.saturating_add(LEEWAY))
            .map(|(caller, _)| caller.clone())
    }

    fn remember(&self, fingerprint: [u8; 32], caller: Caller, exp: i64, now: Timestamp) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED {
            verified.retain(|_, (_, exp)| now.as_seconds() < exp.saturating_add(LEEWAY));
        }
        if verified.len() < REMEMBERED {
            verified.insert(fingerprint, (caller, exp));
        }
    }
}

fn check_times(claims: &Received, now: Timestamp) -> Result<(), AuthError> {
    let now = now.as_seconds();
    if now >= claims.exp.saturating_add(LEEWAY) {
        return Err(AuthError::Refused("it has expired"));
    }
    if claims
        .nbf
        .into_iter()
        .chain(claims.iat)
        .any(|start| start > now.saturating_add(LEEWAY))
    {
        return Err(AuthError::Refused("it is not valid yet"));
    }
    Ok(())
}

/// What the subject is to us: a service that the issuer may name, signed by that service's own key, or an operator.
fn identify(issuer: &Issuer, claims: &Received, kid: Option<&str>) -> Result<Caller, AuthError> {
    let caller = |role: &str| Caller {
        issuer: issuer.issuer.clone(),
        subject: claims.sub.clone(),
        role: role.to_owned(),
    };
    if let Some(rule) = issuer.subjects.get(&claims.sub) {
        let bound = rule.key.as_deref().is_none_or(|key| kid == Some(key));
        return if bound {
            Ok(caller(&rule.role))
        } else {
            Err(AuthError::Refused("its key speaks for another subject"))
        };
    }
    let operators = issuer
        .operators
        .as_ref()
        .ok_or(AuthError::Refused("its subject is unknown"))?;
    let role = claims
        .role
        .as_deref()
        .ok_or(AuthError::Refused("its subject is unknown"))?;
    if kid != Some(operators.key.as_str()) {
        return Err(AuthError::Refused("its key does not speak for operators"));
    }
    if !operators.roles.iter().any(|allowed| allowed == role) {
        return Err(AuthError::Refused("its role is unknown"));
    }
    Ok(caller(role))
}

/// The `iss` of a token before anything is proven: it only picks the keys to prove it with.
fn unverified_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        iss: String,
    }
    let named = jsonwebtoken::dangerous::insecure_decode::<Named>(token).ok()?;
    Some(named.claims.iss)
}

fn refusal(kind: &ErrorKind) -> AuthError {
    AuthError::Refused(match kind {
        ErrorKind::InvalidSignature => "its signature is wrong",
        ErrorKind::InvalidAudience => "it is made out to somebody else",
        ErrorKind::InvalidIssuer => "its issuer is wrong",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            "its algorithm is not the issuer's"
        }
        ErrorKind::MissingRequiredClaim(_) => "a required claim is missing",
        _ => "it is malformed",
    })
}

fn fingerprint(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}
