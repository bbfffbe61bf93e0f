use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};
use url::Url;

/// The issuers that a service believes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuers {
    /// Each with a name of its own.
    pub issuers: Vec<Issuer>,
}

/// The issuers file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum IssuersError {
    /// It cannot be read.
    #[error("cannot read the issuers file {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is not what it should be.
    #[error("the issuers file {} is not valid", .path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: serde_json::Error,
    },
}

/// One issuer of tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Its `iss`.
    pub issuer: String,
    /// The one algorithm it signs with: `ES256` or `RS256`.
    pub algorithm: Algorithm,
    /// Its keys, in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwkSet>,
    /// Its keys, in a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// Its keys, at an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<Url>,
    /// The certificate authority (PEM) of that address, where it is a private one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The bearer token for that address, where it wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// The subjects it may name.
    #[serde(default)]
    pub subjects: BTreeMap<String, SubjectRule>,
    /// Whether it also issues tokens to operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operators: Option<OperatorRule>,
}

/// What a subject is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectRule {
    /// The role it has at the callee.
    pub role: String,
    /// The ID of the only key that may speak for it; any of the issuer's, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// How operators' tokens look: any subject that `subjects` does not name, and a `role` claim.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorRule {
    /// The ID of the only key that signs them.
    pub key: String,
    /// The roles that may be claimed.
    pub roles: Vec<String>,
}

impl Issuers {
    /// Reads the file, and takes its paths as relative to it.
    pub fn read(path: &Path) -> Result<Self, IssuersError> {
        let text = std::fs::read(path).map_err(|source| IssuersError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut issuers: Self =
            serde_json::from_slice(&text).map_err(|source| IssuersError::Parse {
                path: path.to_owned(),
                source,
            })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for issuer in &mut issuers.issuers {
            for file in [
                &mut issuer.jwks_file,
                &mut issuer.ca_file,
                &mut issuer.token_file,
            ]
            .into_iter()
            .flatten()
            {
                *file = folder.join(&*file);
            }
        }
        Ok(issuers)
    }
}
