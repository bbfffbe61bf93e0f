//! What the commands of push-msg need to know beside a running suite: kept in the data folder, without a secret.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use service_kit::Profile;

use crate::data::{DataFolder, write_private};

const FILE: &str = "push-msg.json";

/// Settings by the name of their flag.
pub(crate) type PushSettings = BTreeMap<String, String>;

/// Keeps the settings that push-msg was started with.
pub(crate) fn remember(data: &DataFolder, config: &push_msg::Config) -> anyhow::Result<()> {
    let path = |path: &Path| path.display().to_string();
    let profile = match config.profile {
        Profile::Dev => "dev",
        Profile::Production => "production",
    };
    let settings = PushSettings::from(
        [
            ("campaigns", path(&config.campaigns)),
            ("database-url", data.database_url("push-msg")),
            ("users-api", config.users_api.to_string()),
            ("service-token-file", path(&config.service_token_file)),
            ("line-api-base", config.line_api_base.to_string()),
            ("profile", profile.to_owned()),
        ]
        .map(|(flag, value)| (flag.to_owned(), value)),
    );
    let text = serde_json::to_string_pretty(&settings)?;
    write_private(&data.file(FILE), &text)
}

/// Whether a suite was ever started on this data folder.
pub(crate) fn is_known(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// The settings of the suite that runs, or ran last, on this data folder.
pub(crate) fn of(folder: &Path) -> anyhow::Result<PushSettings> {
    let path = folder.join(FILE);
    let text = std::fs::read(&path).with_context(|| {
        format!(
            "no suite was ever started on the data folder {}",
            folder.display()
        )
    })?;
    serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))
}
