//! What the store keeps instead of what it must not know.

use aws_lc_rs::digest::{SHA256, digest};

/// SHA-256 of a secret or of a person's LINE user ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub(crate) fn of(bytes: impl AsRef<[u8]>) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, bytes.as_ref()).as_ref());
        Self(out)
    }

    /// Its bytes, for the store.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}
