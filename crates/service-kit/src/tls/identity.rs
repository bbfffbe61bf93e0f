//! A certificate and its key, in files that are renewed while the service runs.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::{TlsError, read};
use crate::telemetry;

const CERT: &str = "TLS_CERT";
const KEY: &str = "TLS_KEY";

/// What tells a file from the one that was there before: its place on the disk, when it was written, and its length.
type Stamp = [Option<(u64, i64, i64, u64)>; 2];

pub(super) struct Files {
    cert: PathBuf,
    key: PathBuf,
}

/// What the files held when they were last of use.
pub(super) struct Identity {
    files: Files,
    shown: RwLock<Shown>,
}

struct Shown {
    key: Arc<CertifiedKey>,
    seen: Stamp,
}

impl Files {
    pub(super) fn new(cert: &Path, key: &Path) -> Self {
        Self {
            cert: cert.to_owned(),
            key: key.to_owned(),
        }
    }

    fn stamp(&self) -> Stamp {
        [&self.cert, &self.key].map(|path| {
            let file = fs::metadata(path).ok()?;
            Some((file.ino(), file.mtime(), file.mtime_nsec(), file.len()))
        })
    }

    fn load(&self) -> Result<Arc<CertifiedKey>, TlsError> {
        let unusable = |setting, what, path: &Path| TlsError::Content {
            setting,
            what,
            path: path.to_owned(),
        };
        let no_chain = || unusable(CERT, "a certificate", &self.cert);
        let no_key = || unusable(KEY, "a private key", &self.key);
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(CERT, &self.cert)?)
            .collect::<Result<_, _>>()
            .map_err(|_| no_chain())?;
        if chain.is_empty() {
            return Err(no_chain());
        }
        let key = PrivateKeyDer::from_pem_slice(&read(KEY, &self.key)?).map_err(|_| no_key())?;
        let key = aws_lc_rs::sign::any_supported_type(&key).map_err(|_| no_key())?;
        let identity = CertifiedKey::new(chain, key);
        match identity.keys_match() {
            Ok(()) => Ok(Arc::new(identity)),
            Err(tokio_rustls::rustls::Error::InconsistentKeys(_)) => Err(TlsError::Mismatch),
            Err(_) => Err(no_chain()),
        }
    }
}

impl Identity {
    pub(super) fn open(files: Files) -> Result<Self, TlsError> {
        let seen = files.stamp();
        let key = files.load()?;
        Ok(Self {
            files,
            shown: RwLock::new(Shown { key, seen }),
        })
    }

    /// What is to be shown now. To look at two files costs far less than the handshake that follows.
    fn current(&self) -> Arc<CertifiedKey> {
        let stamp = self.files.stamp();
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        if shown.seen == stamp {
            return Arc::clone(&shown.key);
        }
        drop(shown);
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        if shown.seen != stamp {
            shown.seen = stamp;
            match self.files.load() {
                Ok(key) => {
                    shown.key = key;
                    tracing::info!("TLS_CERT was renewed");
                }
                Err(error) => tracing::error!(
                    error = telemetry::chain(&error),
                    "TLS_CERT was renewed and is of no use: the one before is shown on"
                ),
            }
        }
        Arc::clone(&shown.key)
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}
