//! The signature of a webhook: Base64 of HMAC-SHA256 over the exact bytes of the body, keyed with the
//! channel secret as text (MA#signature-validation).

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};

/// The header that carries the signature. LINE may change its case without notice.
pub const HEADER: &str = "x-line-signature";

/// The secrets of one channel: one, or several while LINE's console has already issued the next.
#[derive(Clone)]
pub struct ChannelSecrets(Vec<hmac::Key>);

impl ChannelSecrets {
    /// Takes secrets separated by commas; blanks around them are dropped.
    pub fn parse(secrets: &SecretString) -> Result<Self, NoSecret> {
        let keys: Vec<_> = secrets
            .expose_secret()
            .split(',')
            .map(str::trim)
            .filter(|secret| !secret.is_empty())
            .map(key)
            .collect();
        if keys.is_empty() {
            Err(NoSecret)
        } else {
            Ok(Self(keys))
        }
    }

    /// Checks the header's value against the body as it was received, before anything reads the body.
    ///
    /// Digests are compared in constant time. A request with two signature headers must be refused before.
    pub fn verify(&self, signature: &[u8], body: &[u8]) -> Result<(), InvalidSignature> {
        let digest = STANDARD.decode(signature).map_err(|_| InvalidSignature)?;
        let matches = |key: &&hmac::Key| hmac::verify(key, body, &digest).is_ok();
        self.0
            .iter()
            .find(matches)
            .map(drop)
            .ok_or(InvalidSignature)
    }
}

impl fmt::Debug for ChannelSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelSecrets({} hidden)", self.0.len())
    }
}

/// The signature that LINE would send with this body; for whoever plays LINE in a test.
pub fn sign(secret: &SecretString, body: &[u8]) -> String {
    STANDARD.encode(hmac::sign(&key(secret.expose_secret()), body))
}

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// The list of secrets holds none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no channel secret was given")]
pub struct NoSecret;

/// The signature is not of this body, or no signature at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match the body")]
pub struct InvalidSignature;
