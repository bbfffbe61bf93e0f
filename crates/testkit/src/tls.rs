//! A certificate authority of a test's own.

use anyhow::Context as _;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    PublicKeyData as _, date_time_ymd,
};

/// Signs certificates that only those believe who were told of it.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, without the authority's.
    pub certificate: String,
    /// Its private key.
    pub key: String,
    /// Its public key's SHA-256, in base64: by this a browser may be told to take it for what it says it is.
    pub pin: String,
}

impl Authority {
    /// A new one.
    pub fn new() -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "a test's own authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        Ok(Self(issuer))
    }

    /// Its certificate, PEM: what others must believe.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these host names and addresses.
    pub fn issue(&self, names: &[&str]) -> anyhow::Result<Identity> {
        self.sign(&params_for(names)?)
    }

    /// A certificate for these that was good until the end of 2020.
    pub fn issue_expired(&self, names: &[&str]) -> anyhow::Result<Identity> {
        let mut params = params_for(names)?;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 12, 31);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> anyhow::Result<Identity> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        let public = key.subject_public_key_info();
        Ok(Identity {
            pin: BASE64_STANDARD.encode(digest::digest(&digest::SHA256, &public)),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}

fn params_for(names: &[&str]) -> anyhow::Result<CertificateParams> {
    let names: Vec<_> = names.iter().copied().map(str::to_owned).collect();
    CertificateParams::new(names).context("these are no names for a certificate")
}
