use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::data::write_private;

/// Where everything is once it serves.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Where LINE's webhooks go: ends in `/callback`.
    pub webhook: Url,
    /// The website's origin, as a browser sees it.
    pub website: Url,
    /// register-server itself, behind the website's origin.
    pub register_server: Url,
    /// register-client itself, behind the website's origin.
    pub register_client: Url,
    /// The members' API itself.
    pub api_users: Url,
    /// A token for the members' API with the role `admin`, good for a day.
    pub operator_token: SecretString,
    /// The simulator of the LINE platform, where there is one.
    pub simulator: Option<Url>,
    /// The internal address of each part, by name.
    pub internal: Vec<(&'static str, Url)>,
    /// The channel's credentials.
    pub line: crate::line::Credentials,
}

impl Ready {
    /// Everything as one JSON object, secrets included: for scripts and foreign SDKs on this machine.
    pub fn to_json(&self) -> Value {
        let mut document = json!({
            "webhook": { "url": self.webhook },
            "website": { "url": self.website },
            "register_server": { "url": self.register_server },
            "register_client": { "url": self.register_client },
            "api_users": { "url": self.api_users, "token": self.operator_token.expose_secret() },
            "push_msg": {},
            "line": {
                "channel_secret": self.line.channel_secret.expose_secret(),
                "channel_access_token": self.line.channel_access_token.expose_secret(),
                "bot_user_id": self.line.bot_user_id,
                "login_channel_id": self.line.login_channel_id,
                "login_channel_secret": self.line.login_channel_secret.expose_secret(),
            },
        });
        if let Some(simulator) = &self.simulator {
            document["simulator"] = json!({ "url": simulator, "control": control(simulator) });
        }
        for (part, internal) in &self.internal {
            document[*part]["internal"] = json!(internal);
        }
        document
    }

    /// Writes [`Ready::to_json`] for its owner's eyes, all at once: a reader that sees the file sees all of it.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_private(path, &format!("{:#}\n", self.to_json()))
    }
}

fn control(simulator: &Url) -> String {
    format!("{simulator}_sim/")
}
