use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who vouches.
    pub iss: String,
    /// For whom.
    pub sub: String,
    /// Towards whom.
    pub aud: String,
    /// Since when, in Unix seconds.
    pub iat: i64,
    /// Until when, in Unix seconds.
    pub exp: i64,
    /// An operator's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// An ES256 key pair of this machine.
pub struct SigningKey {
    kid: String,
    private: EncodingKey,
    public: Jwk,
}

/// A signing key could not be made, kept or used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// Its file cannot be read or written.
    #[error("cannot read or write a signing key")]
    Io(#[from] std::io::Error),
    /// The file holds no ES256 key, or the cryptography failed.
    #[error("this is not a usable ES256 key")]
    Key,
}

impl SigningKey {
    /// The key in the file at `path` (PKCS#8), made now if there is none. Only its owner can read the file.
    pub fn load_or_create(path: &Path, kid: &str) -> Result<Self, SigningKeyError> {
        match std::fs::read(path) {
            Ok(pkcs8) => Self::from_pkcs8(&pkcs8, kid),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let pkcs8 = generate()?;
                OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)?
                    .write_all(&pkcs8)?;
                Self::from_pkcs8(&pkcs8, kid)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A key that is kept nowhere.
    pub fn ephemeral(kid: &str) -> Result<Self, SigningKeyError> {
        Self::from_pkcs8(&generate()?, kid)
    }

    fn from_pkcs8(pkcs8: &[u8], kid: &str) -> Result<Self, SigningKeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
            .map_err(|_| SigningKeyError::Key)?;
        // SEC 1 §2.3.3: 0x04, then the two coordinates of 32 bytes.
        let point = pair.public_key().as_ref();
        let public = serde_json::json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid,
            "x": BASE64_URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": BASE64_URL_SAFE_NO_PAD.encode(&point[33..65]),
        });
        Ok(Self {
            kid: kid.to_owned(),
            private: EncodingKey::from_ec_der(pkcs8),
            public: serde_json::from_value(public).map_err(|_| SigningKeyError::Key)?,
        })
    }

    /// The public half, for the issuers file.
    pub fn jwk(&self) -> Jwk {
        self.public.clone()
    }

    /// Signs a token.
    pub fn sign(&self, claims: &impl Serialize) -> Result<SecretString, SigningKeyError> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, claims, &self.private)
            .map(SecretString::from)
            .map_err(|_| SigningKeyError::Key)
    }
}

fn generate() -> Result<Vec<u8>, SigningKeyError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .map_err(|_| SigningKeyError::Key)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| SigningKeyError::Key)?;
    Ok(pkcs8.as_ref().to_vec())
}
