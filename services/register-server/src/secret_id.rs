//! Random IDs that are worth something to whoever holds them.

use std::fmt;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::digest::Digest;

/// 256 random bits in a cookie. The store knows only their digest.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretId([u8; 32]);

impl SecretId {
    /// A new one.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).expect("the system has random bytes");
        Self(bytes)
    }

    /// The one of these bits.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The one that is written as `text`: 43 characters of base64url.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == bytes.len()).then_some(Self(bytes))
    }

    /// How it is written.
    pub(crate) fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store knows it by.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.0)
    }

    /// The bits, to make keys of.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretId(…)")
    }
}
