//! Which LINE platform: the simulated one, or the real one.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use member_session::{Offer, OfferError};
use secrecy::SecretString;
use service_kit::Profile;
use url::Url;

use crate::data::{DataFolder, write_private};

/// What the services need to know of the channels.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Of the Messaging API channel; several, comma-separated, while rotating.
    pub channel_secret: SecretString,
    /// Of the Messaging API channel.
    pub channel_access_token: SecretString,
    /// The bot's user ID, where it is known.
    pub bot_user_id: Option<String>,
    /// The LINE Login channel.
    pub login_channel_id: String,
    /// Of the LINE Login channel.
    pub login_channel_secret: SecretString,
}

/// A real channel, or a simulator that somebody else runs.
#[derive(Debug, Clone)]
pub struct RealLine {
    /// Its credentials.
    pub credentials: Credentials,
    /// Where the Messaging API and LINE Login's tokens are.
    pub api_base: Url,
    /// Where people sign in.
    pub access_base: Url,
    /// The origin under which the website is reached.
    pub public_url: Url,
    /// The link to the website that the bot gives; the origin itself, if absent.
    pub website_link: Option<Url>,
    /// The bot's language for people whose own is unknown.
    pub bot_language: webhook::bot::Language,
    /// The website's brand file; Kaiin's own looks, if absent.
    pub brand: Option<PathBuf>,
    /// What membership asks for and offers; Kaiin's own, if absent.
    pub membership: Option<PathBuf>,
    /// How careful the services are about their settings.
    pub profile: Profile,
}

impl RealLine {
    /// What members may take back and stay members: that is what messages are for.
    pub(crate) fn optional_consents(&self) -> Result<Vec<String>, OfferError> {
        let offer = Offer::read(self.membership.as_deref())?;
        let optional = offer.consents.into_iter().filter(|offer| !offer.required);
        Ok(optional.map(|offer| offer.purpose).collect())
    }
}

const SIMULATED: &str = "line.json";

/// People of the simulated LINE must not get into a real channel's members, nor a demonstration to real people.
pub(crate) fn check_kind(data: &DataFolder, simulated: bool) -> anyhow::Result<()> {
    let was_used = data.file("api-users.db").exists();
    let was_simulated = data.file(SIMULATED).exists();
    let folder = data.path().display();
    ensure!(
        simulated || !was_simulated,
        "the data folder {folder} belongs to a simulated LINE (kaiin dev); choose another with --data"
    );
    ensure!(
        !simulated || was_simulated || !was_used,
        "the data folder {folder} belongs to a real channel (kaiin up); choose another with --data"
    );
    Ok(())
}

/// The simulated channel of a data folder: made up on its first start, the same ever after, so that a bot that
/// knows it goes on working.
pub(crate) fn simulated(data: &DataFolder) -> anyhow::Result<simulator::Config> {
    let mut config = simulator::Config::ephemeral();
    let path = data.file(SIMULATED);
    if let Some(known) = read(&path)? {
        config.line_channel_secret = Some(known.channel_secret.into());
        config.line_channel_access_token = Some(known.channel_access_token.into());
        config.line_login_channel_secret = Some(known.login_channel_secret.into());
        config.bot_user_id = Some(known.bot_user_id);
    }
    Ok(config)
}

/// Keeps the simulated channel's credentials for the next start.
pub(crate) fn remember(
    data: &DataFolder,
    credentials: &simulator::Credentials,
) -> anyhow::Result<()> {
    let known = Simulated {
        channel_secret: credentials.channel_secret.clone(),
        channel_access_token: credentials.channel_access_token.clone(),
        bot_user_id: credentials.bot_user_id.clone(),
        login_channel_secret: credentials.login_channel_secret.clone(),
    };
    write_private(
        &data.file(SIMULATED),
        &serde_json::to_string_pretty(&known)?,
    )
}

/// The access token of the simulated channel of a data folder, if it has one.
pub(crate) fn simulated_token(folder: &Path) -> anyhow::Result<Option<String>> {
    let known = read(&folder.join(SIMULATED))?;
    Ok(known.map(|known| known.channel_access_token))
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Simulated {
    channel_secret: String,
    channel_access_token: String,
    bot_user_id: String,
    login_channel_secret: String,
}

fn read(path: &Path) -> anyhow::Result<Option<Simulated>> {
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read(path)?;
    serde_json::from_slice(&text).map(Some).with_context(|| {
        format!(
            "{} is damaged; remove it for new credentials",
            path.display()
        )
    })
}

impl From<&simulator::Credentials> for Credentials {
    fn from(credentials: &simulator::Credentials) -> Self {
        Self {
            channel_secret: credentials.channel_secret.clone().into(),
            channel_access_token: credentials.channel_access_token.clone().into(),
            bot_user_id: Some(credentials.bot_user_id.clone()),
            login_channel_id: credentials.login_channel_id.clone(),
            login_channel_secret: credentials.login_channel_secret.clone().into(),
        }
    }
}
