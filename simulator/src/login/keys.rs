//! The ES256 key whose public half the JWKS shows.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use crate::ids;

pub(crate) struct Keys {
    pub(super) kid: String,
    pub(super) signing: EncodingKey,
    jwk: Value,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl Keys {
    pub(crate) fn generate() -> Self {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())
            .expect("a P-256 key can be made");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref())
            .expect("a key just made can be read");
        let point = pair.public_key().as_ref();
        let kid = ids::hex(32);
        let jwk = json!({
            "kty": "EC",
            "alg": "ES256",
            "use": "sig",
            "crv": "P-256",
            "kid": kid,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": URL_SAFE_NO_PAD.encode(&point[33..65]),
        });
        Self {
            kid,
            signing: EncodingKey::from_ec_der(document.as_ref()),
            jwk,
        }
    }

    pub(super) fn jwks(&self) -> Value {
        json!({"keys": [self.jwk]})
    }
}
