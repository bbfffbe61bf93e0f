use std::path::PathBuf;

use anyhow::ensure;
use secrecy::SecretString;
use service_kit::{Profile, public_url, secret};
use url::Url;

use super::serve::Serve;
use crate::line::{Credentials, RealLine};
use crate::{Data, Line};

#[derive(Debug, clap::Args)]
pub(super) struct Up {
    /// A file of NAME=value lines for any of these settings.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// Where databases, keys and secrets are kept; only you can read it. Campaigns go into its folder `campaigns`.
    #[arg(long, value_name = "FOLDER", default_value = super::UP_FOLDER)]
    data: PathBuf,

    /// The origin under which people reach the website. Send it, through TLS, to the website port of this machine.
    #[arg(long, env)]
    public_url: Url,

    /// The Messaging API channel's secret; several, comma-separated, while rotating.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    line_channel_secret: Option<SecretString>,

    /// A file that holds it.
    #[arg(long, env)]
    line_channel_secret_file: Option<PathBuf>,

    /// The Messaging API channel's access token.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    line_channel_access_token: Option<SecretString>,

    /// A file that holds it.
    #[arg(long, env)]
    line_channel_access_token_file: Option<PathBuf>,

    /// The LINE Login channel's ID. The channel must belong to the same provider as the Messaging API channel.
    #[arg(long, env)]
    line_login_channel_id: String,

    /// The LINE Login channel's secret.
    #[arg(long, env, value_parser = secret::parse, hide_env_values = true)]
    line_login_channel_secret: Option<SecretString>,

    /// A file that holds it.
    #[arg(long, env)]
    line_login_channel_secret_file: Option<PathBuf>,

    /// The link that the bot gives to people who are not members; the website's home, if absent.
    #[arg(long, env)]
    website_link: Option<Url>,

    /// The bot's language for people whose own is unknown.
    #[arg(long, env, default_value_t)]
    bot_language: webhook::bot::Language,

    /// The website's brand file: name, logo, colours, texts.
    #[arg(long, env, value_name = "FILE")]
    brand: Option<PathBuf>,

    /// A file with what membership asks for and offers: consents, terms, privacy notice, topics.
    #[arg(long, env, value_name = "FILE")]
    membership: Option<PathBuf>,

    /// Where LINE's APIs are.
    #[arg(long, env, default_value = "https://api.line.me")]
    line_api_base: Url,

    /// Where people sign in with LINE.
    #[arg(long, env, default_value = "https://access.line.me")]
    line_access_base: Url,

    /// How careful to be about these settings.
    #[arg(long, env, value_enum, default_value_t)]
    profile: Profile,

    #[command(flatten)]
    serve: Serve,
}

impl Up {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        self.check()?;
        let secret = |name, value: Option<&SecretString>, file: &Option<PathBuf>| {
            secret::required(name, value, file.as_deref())
        };
        let credentials = Credentials {
            channel_secret: secret(
                "LINE_CHANNEL_SECRET",
                self.line_channel_secret.as_ref(),
                &self.line_channel_secret_file,
            )?,
            channel_access_token: secret(
                "LINE_CHANNEL_ACCESS_TOKEN",
                self.line_channel_access_token.as_ref(),
                &self.line_channel_access_token_file,
            )?,
            bot_user_id: None,
            login_channel_id: self.line_login_channel_id,
            login_channel_secret: secret(
                "LINE_LOGIN_CHANNEL_SECRET",
                self.line_login_channel_secret.as_ref(),
                &self.line_login_channel_secret_file,
            )?,
        };
        let line = RealLine {
            credentials,
            api_base: self.line_api_base,
            access_base: self.line_access_base,
            public_url: self.public_url,
            website_link: self.website_link,
            bot_language: self.bot_language,
            brand: self.brand,
            membership: self.membership,
            profile: self.profile,
        };
        self.serve
            .run(Data::Folder(self.data), Line::Real(Box::new(line)))
            .await
    }

    /// What the parts would find wrong, before any of them leaves a trace in the data folder.
    fn check(&self) -> anyhow::Result<()> {
        public_url::origin(&self.public_url, self.profile)?;
        let id = &self.line_login_channel_id;
        ensure!(
            !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()),
            "LINE_LOGIN_CHANNEL_ID must be the channel's ID: digits"
        );
        Ok(())
    }
}
