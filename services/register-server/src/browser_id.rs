//! The IDs that bind logins to browsers.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::secret_id::SecretId;

const SALT: &[u8] = b"kaiin register-server browser";
/// Half of an ID is random; the other half says that we made it.
const HALF: usize = 16;

/// Makes the IDs of browsers, and knows its own without asking the store: replicas have the same key, made of the
/// channel's secret.
#[derive(Debug)]
pub(crate) struct BrowserIds(hmac::Key);

impl BrowserIds {
    pub(crate) fn new(channel_secret: &SecretString) -> Self {
        let mut key = [0; 32];
        Salt::new(HKDF_SHA256, SALT)
            .extract(channel_secret.expose_secret().as_bytes())
            .expand(&[b"mark"], HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("HKDF has 32 bytes to give");
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// A new one: 128 random bits and their mark.
    pub(crate) fn make(&self) -> SecretId {
        let mut bytes = *SecretId::random().bytes();
        let mark = self.mark(&bytes);
        bytes[HALF..].copy_from_slice(&mark);
        SecretId::from_bytes(bytes)
    }

    /// Whether this is one of ours.
    pub(crate) fn made(&self, id: &SecretId) -> bool {
        verify_slices_are_equal(&self.mark(id.bytes()), &id.bytes()[HALF..]).is_ok()
    }

    fn mark(&self, id: &[u8; 32]) -> [u8; HALF] {
        let mut mark = [0; HALF];
        mark.copy_from_slice(&hmac::sign(&self.0, &id[..HALF]).as_ref()[..HALF]);
        mark
    }
}
