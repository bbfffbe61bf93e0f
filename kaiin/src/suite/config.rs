//! Each part's settings, made from the plan.

use std::path::Path;
use std::time::Duration;

use service_kit::Clock;
use service_kit::database::DatabaseConfig;
use service_kit::http_client::Limits;
use service_kit::server::StopConfig;
use service_kit::telemetry::TelemetryConfig;
use service_kit::tls::{TlsConfig, TrustConfig};
use url::Url;

use crate::Ports;
use crate::data::DataFolder;
use crate::identity::Identity;
use crate::line::RealLine;

/// What the parts' settings are made from.
pub(super) struct Settings<'plan> {
    pub(super) ports: &'plan Ports,
    pub(super) data: &'plan DataFolder,
    pub(super) identity: &'plan Identity,
    pub(super) line: &'plan RealLine,
    pub(super) clock: &'plan Clock,
    pub(super) campaigns: &'plan Path,
    /// What the bot takes back for who asks it to.
    pub(super) opt_out_consents: &'plan [String],
}

impl Settings<'_> {
    pub(super) fn api_users(&self) -> api_users::Config {
        api_users::Config {
            listen_addr: self.ports.addr(self.ports.users_port),
            internal_addr: self.ports.internal_addr(self.ports.users_port),
            database: DatabaseConfig::at(self.data.database_url("api-users")),
            service_issuers: self.identity.issuers_file(),
            service_audience: "api-users".into(),
            operator_rate: 50,
            profile: self.line.profile,
            telemetry: TelemetryConfig::default(),
            stop: StopConfig::at_once(),
            tls: TlsConfig::default(),
            clock: self.clock.clone(),
        }
    }

    pub(super) fn webhook(&self, users_api: &Url) -> webhook::Config {
        let credentials = &self.line.credentials;
        let link = self
            .line
            .website_link
            .as_ref()
            .unwrap_or(&self.line.public_url);
        webhook::Config {
            listen_addr: self.ports.addr(self.ports.webhook_port),
            internal_addr: self.ports.internal_addr(self.ports.webhook_port),
            database: DatabaseConfig::at(self.data.database_url("webhook")),
            line_channel_secret: Some(credentials.channel_secret.clone()),
            line_channel_secret_file: None,
            line_channel_access_token: Some(credentials.channel_access_token.clone()),
            line_channel_access_token_file: None,
            bot_user_id: None,
            website_link: link.to_string(),
            bot_language: self.line.bot_language,
            bot_push_fallback: false,
            bot_opt_out_consents: self.opt_out_consents.to_owned(),
            line_api_base: self.line.api_base.clone(),
            users_api: users_api.clone(),
            service_token_file: self.identity.token_file("webhook"),
            profile: self.line.profile,
            telemetry: TelemetryConfig::default(),
            stop: StopConfig::at_once(),
            tls: TlsConfig::default(),
            trust: TrustConfig::default(),
            clock: self.clock.clone(),
            look_up_limit: webhook::LOOK_UP_LIMIT,
        }
    }

    pub(super) fn register_server(&self, users_api: &Url) -> register_server::Config {
        let credentials = &self.line.credentials;
        register_server::Config {
            listen_addr: self.ports.addr(self.ports.register_server_port),
            internal_addr: self.ports.internal_addr(self.ports.register_server_port),
            database: DatabaseConfig::at(self.data.database_url("register-server")),
            public_url: self.line.public_url.clone(),
            line_login_channel_id: credentials.login_channel_id.clone(),
            line_login_channel_secret: Some(credentials.login_channel_secret.clone()),
            line_login_channel_secret_file: None,
            line_api_base: self.line.api_base.clone(),
            line_access_base: self.line.access_base.clone(),
            users_api: users_api.clone(),
            service_token_file: self.identity.token_file("register-server"),
            trusted_proxies: register_server::Config::default_proxies(),
            sign_ins_per_minute: register_server::DEFAULT_SIGN_INS,
            membership: self.line.membership.clone(),
            profile: self.line.profile,
            telemetry: TelemetryConfig::default(),
            stop: StopConfig::at_once(),
            tls: TlsConfig::default(),
            trust: TrustConfig::default(),
            clock: self.clock.clone(),
        }
    }

    pub(super) fn register_client(&self, register_server: &Url) -> register_client::Config {
        register_client::Config {
            listen_addr: self.ports.addr(self.ports.register_client_port),
            internal_addr: self.ports.internal_addr(self.ports.register_client_port),
            register_server: register_server.clone(),
            public_url: self.line.public_url.clone(),
            brand: self.line.brand.clone(),
            membership: self.line.membership.clone(),
            profile: self.line.profile,
            telemetry: TelemetryConfig::default(),
            stop: StopConfig::at_once(),
            tls: TlsConfig::default(),
            trust: TrustConfig::default(),
            clock: self.clock.clone(),
        }
    }

    pub(super) fn push_msg(&self, users_api: &Url) -> push_msg::Config {
        push_msg::Config {
            internal_addr: self.ports.addr(self.ports.push_port),
            database: DatabaseConfig::at(self.data.database_url("push-msg")),
            campaigns: self.campaigns.to_owned(),
            line_channel_access_token: Some(self.line.credentials.channel_access_token.clone()),
            line_channel_access_token_file: None,
            line_api_base: self.line.api_base.clone(),
            users_api: users_api.clone(),
            service_token_file: self.identity.token_file("push-msg"),
            profile: self.line.profile,
            telemetry: TelemetryConfig::default(),
            trust: TrustConfig::default(),
            lease: Duration::from_secs(30),
            backoff: push_msg::Backoff::default(),
            limits: Limits::default(),
            clock: self.clock.clone(),
        }
    }
}
