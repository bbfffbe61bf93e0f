//! What is made of a session's ID: keys that only the visitor's next request has, and the token of its forms.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::secret_id::SecretId;

const SALT: &[u8] = b"kaiin register-server session";

/// What is sealed, so that one thing cannot be passed off as another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Who is signed in.
    Identity,
    /// A form that was refused.
    Form,
}

/// It does not open: another session's, damaged, or of an older shape.
#[derive(Debug, thiserror::Error)]
#[error("a sealed value does not open")]
pub(crate) struct SealError;

/// Seals `value` under a key that is made of `id` (HKDF-SHA256) and kept nowhere: AES-256-GCM, its nonce in front.
pub(crate) fn seal(
    id: &SecretId,
    purpose: Purpose,
    value: &impl Serialize,
) -> Result<Vec<u8>, SealError> {
    let mut text = serde_json::to_vec(value).map_err(|_| SealError)?;
    let nonce = key(id, purpose)?
        .seal_in_place_append_tag(Aad::empty(), &mut text)
        .map_err(|_| SealError)?;
    let mut sealed = nonce.as_ref().to_vec();
    sealed.append(&mut text);
    Ok(sealed)
}

/// Opens what [`seal`] sealed for the same session and purpose.
pub(crate) fn open<T: DeserializeOwned>(
    id: &SecretId,
    purpose: Purpose,
    sealed: &[u8],
) -> Result<T, SealError> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
    let mut text = text.to_vec();
    let text = key(id, purpose)?
        .open_in_place(nonce, Aad::empty(), &mut text)
        .map_err(|_| SealError)?;
    serde_json::from_slice(text).map_err(|_| SealError)
}

/// What a form drawn in this session carries. It says nothing about the session's ID.
pub(crate) fn form_token(id: &SecretId) -> Result<String, SealError> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(derive(id, b"form token")?))
}

fn key(id: &SecretId, purpose: Purpose) -> Result<RandomizedNonceKey, SealError> {
    let purpose: &[u8] = match purpose {
        Purpose::Identity => b"identity",
        Purpose::Form => b"form",
    };
    RandomizedNonceKey::new(&AES_256_GCM, &derive(id, purpose)?).map_err(|_| SealError)
}

fn derive(id: &SecretId, purpose: &[u8]) -> Result<[u8; 32], SealError> {
    let mut bytes = [0; 32];
    Salt::new(HKDF_SHA256, SALT)
        .extract(id.bytes())
        .expand(&[purpose], HKDF_SHA256)
        .and_then(|key| key.fill(&mut bytes))
        .map_err(|_| SealError)?;
    Ok(bytes)
}
