use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use line_api::messaging::{Messaging, Quota};
use secrecy::SecretString;
use service_auth::TokenSource;
use service_kit::http_client::Limits;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::TrustConfig;
use service_kit::{Clock, Profile, secret};
use url::Url;
use users_client::{AudienceMember, AudienceRequest, UsersClient, UsersError};

use crate::campaign::Campaign;

/// What looking at a campaign needs to know.
#[derive(Debug, Clone, Args)]
pub(crate) struct LookConfig {
    /// The folder of campaign documents.
    #[arg(long, env, default_value = "campaigns")]
    pub(crate) campaigns: PathBuf,

    /// Base URL of the members' API.
    #[arg(long, env)]
    users_api: Url,

    /// File with the token for the members' API.
    #[arg(long, env)]
    service_token_file: PathBuf,

    /// Channel access token of the Messaging API channel.
    #[arg(long, env, value_parser = service_kit::secret::parse, hide_env_values = true)]
    line_channel_access_token: Option<SecretString>,

    /// File with the channel access token.
    #[arg(long, env)]
    line_channel_access_token_file: Option<PathBuf>,

    /// Where LINE serves the Messaging API.
    #[arg(long, env, default_value = line_api::API_BASE)]
    line_api_base: Url,

    /// How careful to be: production takes LINE over https only.
    #[arg(long, env, value_enum, default_value_t)]
    profile: Profile,

    /// Whom it believes when it calls others.
    #[command(flatten)]
    trust: TrustConfig,

    /// How the command reports on itself.
    #[command(flatten)]
    pub(crate) telemetry: TelemetryConfig,
}

/// Whom an operator asks.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) users: UsersClient,
    pub(crate) line: Messaging,
    pub(crate) clock: Clock,
}

impl Desk {
    /// Checks the settings. Calls nobody.
    pub(crate) fn open(config: &LookConfig) -> anyhow::Result<Self> {
        ensure!(
            config.profile == Profile::Dev || config.line_api_base.scheme() == "https",
            "LINE_API_BASE must be https in production"
        );
        let token = secret::required(
            "LINE_CHANNEL_ACCESS_TOKEN",
            config.line_channel_access_token.as_ref(),
            config.line_channel_access_token_file.as_deref(),
        )?;
        let trust = config.trust.trust()?;
        let line = trust.at(&config.line_api_base, line_api::API_BASE);
        let tokens = TokenSource::file(&config.service_token_file);
        Ok(Self {
            users: UsersClient::new(trust.client(Limits::default()), &config.users_api, tokens),
            line: Messaging::new(
                line.client(Limits::default()),
                config.line_api_base.clone(),
                token,
            ),
            clock: Clock::system(),
        })
    }

    /// Members, with their profiles if the campaign's messages hold something of them.
    pub(crate) async fn members(
        &self,
        campaign: &Campaign,
        request: &AudienceRequest,
    ) -> anyhow::Result<BoxStream<'static, Result<AudienceMember, UsersError>>> {
        let members = self.users.audience(request, campaign.needs_profiles());
        Ok(members.await.map_err(explain)?.boxed())
    }

    /// How many messages are left of the month's quota; `None` if there is no limit.
    pub(crate) async fn quota_left(&self) -> Result<Option<u64>, line_api::messaging::Error> {
        Ok(match self.line.quota().await? {
            Quota::None => None,
            Quota::Limited { value } => Some(value.saturating_sub(self.line.consumption().await?)),
        })
    }
}

/// With what the members' API says about the audience that was asked for: a wrong segment, most likely.
pub(super) fn explain(error: UsersError) -> anyhow::Error {
    let UsersError::Refused(problem) = &error else {
        return error.into();
    };
    let wrong = problem
        .errors
        .iter()
        .map(|field| format!("{}: {}", field.pointer, field.detail));
    let details: Vec<_> = problem.detail.clone().into_iter().chain(wrong).collect();
    if details.is_empty() {
        return error.into();
    }
    let details = details.join("; ");
    anyhow::Error::from(error).context(details)
}
