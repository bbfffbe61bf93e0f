use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use service_kit::{Clock, Timestamp};

use super::authorize::LoginChannel;
use super::error::{InvalidIdToken, LoginError};
use super::jwks::Jwks;
use super::one_time::Nonce;
use crate::{Private, UserId};

/// The issuer of LINE's ID tokens, whatever the base URLs are (LL#verify-id-token).
pub const ISSUER: &str = "https://access.line.me";

/// The longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;
/// How far LINE's clock and ours may differ, in seconds.
const LEEWAY: i64 = 60;
/// How old a token may be, in seconds.
const MAX_AGE: i64 = 3600;

/// Verifies ID tokens of web logins: HS256 with the channel secret and nothing else.
#[derive(Debug, Clone)]
pub struct WebVerifier {
    rules: Rules,
    secret: SecretString,
}

impl WebVerifier {
    /// Tokens for this channel from this issuer, [`ISSUER`] as a rule.
    pub fn new(channel: &LoginChannel, issuer: impl Into<String>, clock: Clock) -> Self {
        let rules = Rules {
            issuer: issuer.into(),
            audience: channel.id.clone(),
            clock,
        };
        Self {
            rules,
            secret: channel.secret.clone(),
        }
    }

    /// Whose token this is, if it is of this login.
    pub fn verify(&self, token: &SecretString, nonce: &Nonce) -> Result<Identity, InvalidIdToken> {
        let key = DecodingKey::from_secret(self.secret.expose_secret().as_bytes());
        self.rules
            .verify(token.expose_secret(), Algorithm::HS256, &key, Some(nonce))
    }
}

/// Verifies ID tokens of LIFF apps: ES256 with the key that the token names and LINE publishes, and nothing else.
#[derive(Debug, Clone)]
pub struct LiffVerifier {
    rules: Rules,
    keys: Jwks,
}

impl LiffVerifier {
    /// Tokens for the Login channel that the LIFF app belongs to, from this issuer, [`ISSUER`] as a rule.
    pub fn new(
        channel_id: impl Into<String>,
        issuer: impl Into<String>,
        keys: Jwks,
        clock: Clock,
    ) -> Self {
        Self {
            rules: Rules {
                issuer: issuer.into(),
                audience: channel_id.into(),
                clock,
            },
            keys,
        }
    }

    /// Whose token this is. LIFF makes tokens without a nonce, unless the login was ours.
    pub async fn verify(
        &self,
        token: &SecretString,
        nonce: Option<&Nonce>,
    ) -> Result<Identity, LoginError> {
        let token = token.expose_secret();
        let header = header(token)?;
        // Before any key is fetched: a token that cannot be right must not make us call anyone.
        if header.alg != Algorithm::ES256 {
            return Err(InvalidIdToken::Algorithm.into());
        }
        let key = self.keys.find(header.kid.as_deref()).await?;
        Ok(self.rules.verify(token, Algorithm::ES256, &key, nonce)?)
    }
}

/// Who someone is, as LINE vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The person; the only thing here that never changes.
    pub user_id: UserId,
    /// The name, with the profile scope; anything at all.
    pub name: Option<Private>,
    /// The picture's address, with the profile scope. Do not fetch it.
    pub picture: Option<Private>,
    /// The e-mail address, if asked for and granted. Never a key: people share and change them.
    pub email: Option<Private>,
    /// When LINE issued the token.
    pub issued_at: Timestamp,
    /// How the person proved who they are: `pwd`, `lineautologin`, `lineqr`, `linesso`, `mfa`, or new ones.
    pub methods: Vec<String>,
}

/// What every token must be like.
#[derive(Debug, Clone)]
struct Rules {
    issuer: String,
    audience: String,
    clock: Clock,
}

impl Rules {
    fn verify(
        &self,
        token: &str,
        algorithm: Algorithm,
        key: &DecodingKey,
        nonce: Option<&Nonce>,
    ) -> Result<Identity, InvalidIdToken> {
        // An extension marked as critical must be understood; none is.
        if header(token)?.crit.is_some() {
            return Err(InvalidIdToken::Malformed);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation(algorithm))
            .map_err(|error| reason(error.kind()))?
            .claims;
        self.check_times(&claims)?;
        // `decode` is content with lists in which ours is one of several.
        if claims.iss != self.issuer {
            return Err(InvalidIdToken::Issuer);
        }
        if !claims.aud.is_only(&self.audience) {
            return Err(InvalidIdToken::Audience);
        }
        if nonce.is_some_and(|nonce| {
            !claims
                .nonce
                .as_deref()
                .is_some_and(|own| nonce.matches(own))
        }) {
            return Err(InvalidIdToken::Nonce);
        }
        claims.identity()
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        // The crate would ask the machine's clock; `check_times` asks ours.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }

    fn check_times(&self, claims: &Claims) -> Result<(), InvalidIdToken> {
        let now = self.clock.now().as_seconds();
        if now.saturating_sub(claims.exp) > LEEWAY {
            return Err(InvalidIdToken::Expired);
        }
        let age = now.saturating_sub(claims.iat);
        if !(-LEEWAY..MAX_AGE).contains(&age) {
            return Err(InvalidIdToken::IssuedAt);
        }
        if claims
            .nbf
            .is_some_and(|nbf| nbf.saturating_sub(now) > LEEWAY)
        {
            return Err(InvalidIdToken::NotBefore);
        }
        Ok(())
    }
}

fn header(token: &str) -> Result<jsonwebtoken::Header, InvalidIdToken> {
    if token.len() > MAX_TOKEN {
        return Err(InvalidIdToken::Malformed);
    }
    jsonwebtoken::decode_header(token).map_err(|error| reason(error.kind()))
}

fn reason(kind: &ErrorKind) -> InvalidIdToken {
    match kind {
        ErrorKind::InvalidAlgorithm
        | ErrorKind::InvalidAlgorithmName
        | ErrorKind::MissingAlgorithm
        | ErrorKind::UnsupportedAlgorithm => InvalidIdToken::Algorithm,
        ErrorKind::InvalidSignature => InvalidIdToken::Signature,
        ErrorKind::InvalidIssuer => InvalidIdToken::Issuer,
        ErrorKind::InvalidAudience => InvalidIdToken::Audience,
        _ => InvalidIdToken::Malformed,
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<Private>,
    #[serde(default, deserialize_with = "lenient")]
    picture: Option<Private>,
    #[serde(default, deserialize_with = "lenient")]
    email: Option<Private>,
    #[serde(default, deserialize_with = "lenient")]
    amr: Option<Vec<String>>,
}

impl Claims {
    fn identity(self) -> Result<Identity, InvalidIdToken> {
        let user_id = UserId::parse(self.sub).map_err(|_| InvalidIdToken::Subject)?;
        if user_id.is_of_module() {
            return Err(InvalidIdToken::Subject);
        }
        Ok(Identity {
            user_id,
            name: self.name,
            picture: self.picture,
            email: self.email,
            issued_at: Timestamp::from_seconds(self.iat),
            methods: self.amr.unwrap_or_default(),
        })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    /// A token that someone else accepts as well could have been made for them.
    fn is_only(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => matches!(many.as_slice(), [one] if one == audience),
        }
    }
}

/// A claim that proves nothing: one of the wrong type is no claim.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}
