//! TLS with a private authority: what a service shows to its callers, and whom it believes when it calls.

mod identity;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::{Certificate, Client};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use url::Url;

use crate::http_client::{self, Limits};
use identity::{Files, Identity};

/// How a service is called over TLS.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TlsConfig {
    /// A PEM file with the certificate that this service shows, and those between it and its authority. With it the
    /// service is called over TLS and not otherwise; health and metrics stay as they are. Read again when it is renewed.
    #[arg(long, env, requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// A PEM file with that certificate's private key.
    #[arg(long, env, requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// Whom a service believes when it calls others.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TrustConfig {
    /// A PEM file with authorities that are believed beside the system's: in calls between the parts of the suite, and in
    /// calls of LINE where LINE's address is set to another than its own.
    #[arg(long, env)]
    pub tls_ca: Option<PathBuf>,
}

/// Why a file is of no use for TLS. Names the setting, and nothing of what is in the file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It cannot be read.
    #[error("{setting} cannot be read from {}", .path.display())]
    File {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds something else, or nothing.
    #[error("{setting} must name a PEM file with {what}; {} is none", .path.display())]
    Content {
        /// The setting that names it.
        setting: &'static str,
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The key is another certificate's.
    #[error("TLS_KEY is not the key of the certificate in TLS_CERT")]
    Mismatch,
}

/// Shows a service's certificate to whoever calls it.
#[derive(Clone)]
pub struct Acceptor(pub(crate) TlsAcceptor);

impl TlsConfig {
    /// What the service's listener needs for TLS; nothing where it is called without.
    ///
    /// # Panics
    ///
    /// Never in practice: the TLS backend knows the versions that it has.
    pub fn acceptor(&self) -> Result<Option<Acceptor>, TlsError> {
        let (Some(cert), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let identity = Identity::open(Files::new(cert, key))?;
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("the provider knows TLS 1.2 and 1.3")
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(identity));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Some(Acceptor(TlsAcceptor::from(Arc::new(config)))))
    }
}

/// Authorities that are believed beside the system's.
#[derive(Debug, Clone, Default)]
pub struct Trust(Vec<Certificate>);

/// Nobody but the system's.
static USUAL: Trust = Trust(Vec::new());

impl TrustConfig {
    /// Reads them.
    pub fn trust(&self) -> Result<Trust, TlsError> {
        const SETTING: &str = "TLS_CA";
        let Some(path) = &self.tls_ca else {
            return Ok(Trust::default());
        };
        let unusable = || TlsError::Content {
            setting: SETTING,
            what: "certificates of authorities",
            path: path.clone(),
        };
        let bundle = Certificate::from_pem_bundle(&read(SETTING, path)?);
        let trust = Trust(bundle.map_err(|_| unusable())?);
        // What no client can be made of is no certificate.
        let fits = http_client::client_beside(Limits::default(), &trust.0).is_ok();
        if trust.0.is_empty() || !fits {
            return Err(unusable());
        }
        Ok(trust)
    }
}

impl Trust {
    /// A client as [`http_client::client`] makes it that believes these too.
    ///
    /// # Panics
    ///
    /// Never in practice: they were looked at when they were read.
    pub fn client(&self, limits: Limits) -> Client {
        http_client::client_beside(limits, &self.0).expect("the TLS backend starts")
    }

    /// Whom to believe at `base`: at LINE's `own` address nobody but those whom everybody believes.
    pub fn at(&self, base: &Url, own: &str) -> &Self {
        let is_own = Url::parse(own).is_ok_and(|own| own.origin() == base.origin());
        if is_own { &USUAL } else { self }
    }
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File {
        setting,
        path: path.to_owned(),
        source,
    })
}
