//! Who calls the members' API.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use service_auth::{Claims, SigningKey};
use service_kit::Clock;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where to put `issuers.json`, and each caller's token as `<role>.token`.
    folder: PathBuf,
}

const ISSUER: &str = "https://bench";
const SERVICES: [&str; 3] = ["webhook", "register-server", "push-msg"];
const OPERATORS: [&str; 3] = ["viewer", "editor", "admin"];
/// No run takes longer, in seconds.
const LIFETIME: i64 = 24 * 60 * 60;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let key = SigningKey::ephemeral("bench")?;
    let subjects: Map<_, _> = SERVICES
        .into_iter()
        .map(|name| (name.to_owned(), json!({ "role": name })))
        .collect();
    let issuers = json!({ "issuers": [{
        "issuer": ISSUER,
        "algorithm": "ES256",
        "jwks": { "keys": [key.jwk()] },
        "subjects": Value::Object(subjects),
        "operators": { "key": "bench", "roles": OPERATORS },
    }] });
    let file = |name: &str| options.folder.join(name);
    fs::write(file("issuers.json"), issuers.to_string()).context("cannot write the issuers")?;
    let now = Clock::system().now().as_seconds();
    for role in SERVICES.into_iter().chain(OPERATORS) {
        let is_operator = OPERATORS.contains(&role);
        let token = key.sign(&Claims {
            iss: ISSUER.into(),
            sub: if is_operator { "someone" } else { role }.into(),
            aud: "api-users".into(),
            iat: now,
            exp: now + LIFETIME,
            role: is_operator.then(|| role.into()),
        })?;
        fs::write(file(&format!("{role}.token")), token.expose_secret())?;
    }
    Ok(())
}
