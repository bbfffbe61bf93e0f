//! Who may call whom on one machine: a key pair for each caller, one issuers file for the callee, and token files
//! that are kept fresh.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::JwkSet;
use secrecy::{ExposeSecret as _, SecretString};
use service_auth::{Claims, Issuer, Issuers, OperatorRule, SigningKey, SubjectRule};
use service_kit::Clock;

use crate::data::{DataFolder, write_private};

const ISSUER: &str = "https://kaiin.local";
const AUDIENCE: &str = "api-users";
const FOLDER: &str = "identity";
const OPERATORS: &str = "operators";
/// The services that call api-users.
const CALLERS: [&str; 3] = ["webhook", "register-server", "push-msg"];
const TOKEN_LIFE: Duration = Duration::from_mins(10);
const ROTATION: Duration = Duration::from_mins(4);

/// What an operator's token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OperatorRole {
    /// Read.
    Viewer,
    /// Read and change.
    Editor,
    /// Everything.
    Admin,
}

impl OperatorRole {
    const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Admin];

    const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

/// The keys of one data folder.
pub(crate) struct Identity {
    folder: PathBuf,
    keys: BTreeMap<&'static str, SigningKey>,
    clock: Clock,
}

impl Identity {
    /// Loads the keys, or makes them on the first start, and writes the issuers file.
    pub(crate) fn open(data: &DataFolder, clock: Clock) -> anyhow::Result<Self> {
        let folder = data.folder(FOLDER)?;
        let mut keys = BTreeMap::new();
        for name in CALLERS.into_iter().chain([OPERATORS]) {
            let path = folder.join(format!("{name}.key"));
            let key = SigningKey::load_or_create(&path, name)
                .with_context(|| format!("cannot use the key in {}", path.display()))?;
            keys.insert(name, key);
        }
        let identity = Self {
            folder,
            keys,
            clock,
        };
        write_private(
            &identity.issuers_file(),
            &serde_json::to_string_pretty(&identity.issuers())?,
        )?;
        identity.write_tokens()?;
        Ok(identity)
    }

    /// The operators' key of a data folder that a suite was started on before.
    pub(crate) fn operators_of(folder: &Path) -> anyhow::Result<SigningKey> {
        let path = folder.join(FOLDER).join(format!("{OPERATORS}.key"));
        anyhow::ensure!(
            path.exists(),
            "no suite was ever started on the data folder {}",
            folder.display()
        );
        Ok(SigningKey::load_or_create(&path, OPERATORS)?)
    }

    /// What api-users believes.
    pub(crate) fn issuers_file(&self) -> PathBuf {
        self.folder.join("issuers.json")
    }

    /// Where the caller finds its token.
    pub(crate) fn token_file(&self, caller: &str) -> PathBuf {
        self.folder.join(format!("{caller}.token"))
    }

    /// A token for a person who operates the suite.
    pub(crate) fn operator_token(
        &self,
        name: &str,
        role: OperatorRole,
        life: Duration,
    ) -> anyhow::Result<SecretString> {
        operator_token(&self.keys[OPERATORS], name, role, life, &self.clock)
    }

    /// Keeps the token files fresh until `stop`.
    pub(crate) async fn rotate(self, stop: impl Future<Output = ()>) {
        let renewing = async {
            loop {
                tokio::time::sleep(ROTATION).await;
                if let Err(error) = self.write_tokens() {
                    tracing::error!(error = %format!("{error:#}"), "cannot renew the service tokens");
                }
            }
        };
        tokio::select! {
            () = stop => {}
            () = renewing => {}
        }
    }

    fn write_tokens(&self) -> anyhow::Result<()> {
        for caller in CALLERS {
            let token = sign(&self.keys[caller], caller, None, TOKEN_LIFE, &self.clock)?;
            write_private(Path::new(&self.token_file(caller)), token.expose_secret())?;
        }
        Ok(())
    }

    fn issuers(&self) -> Issuers {
        let rule = |caller: &str| SubjectRule {
            role: caller.to_owned(),
            key: Some(caller.to_owned()),
        };
        Issuers {
            issuers: vec![Issuer {
                issuer: ISSUER.into(),
                algorithm: Algorithm::ES256,
                jwks: Some(JwkSet {
                    keys: self.keys.values().map(SigningKey::jwk).collect(),
                }),
                jwks_file: None,
                jwks_url: None,
                ca_file: None,
                token_file: None,
                subjects: CALLERS
                    .iter()
                    .map(|caller| ((*caller).to_owned(), rule(caller)))
                    .collect(),
                operators: Some(OperatorRule {
                    key: OPERATORS.into(),
                    roles: OperatorRole::ALL
                        .map(|role| role.name().to_owned())
                        .to_vec(),
                }),
            }],
        }
    }
}

/// Whether this is the name of a service, which no operator may go by.
pub(crate) fn is_caller(name: &str) -> bool {
    CALLERS.contains(&name)
}

/// A token for a person who operates the suite, signed with the operators' key.
pub(crate) fn operator_token(
    key: &SigningKey,
    name: &str,
    role: OperatorRole,
    life: Duration,
    clock: &Clock,
) -> anyhow::Result<SecretString> {
    sign(key, name, Some(role.name().to_owned()), life, clock)
}

fn sign(
    key: &SigningKey,
    subject: &str,
    role: Option<String>,
    life: Duration,
    clock: &Clock,
) -> anyhow::Result<SecretString> {
    let now = clock.now();
    let claims = Claims {
        iss: ISSUER.into(),
        sub: subject.to_owned(),
        aud: AUDIENCE.into(),
        iat: now.as_seconds(),
        exp: (now + life).as_seconds(),
        role,
    };
    Ok(key.sign(&claims)?)
}
