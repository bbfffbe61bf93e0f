//! LINE Login, as this service uses it.

use std::time::Duration;

use line_api::UserId;
use line_api::login::{
    AuthorizeRequest, BotPrompt, CodeVerifier, ISSUER, Identity, Login, LoginChannel, LoginError,
    Nonce, Scope, State, WebVerifier,
};
use member_session::Language;
use secrecy::SecretString;
use service_kit::http_client::Limits;
use service_kit::public_url::PublicUrlError;
use service_kit::tls::Trust;
use url::Url;

use crate::config::{Config, ConfigError};

/// LINE answers within this, or a visitor is told that it did not: their page comes within five seconds.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    total: Duration::from_secs(4),
};
/// What is nice to have is not waited for longer.
const SIDE_LIMIT: Duration = Duration::from_secs(1);
/// How often LINE is asked to forget somebody.
const UNLINK_TRIES: u32 = 3;
/// Between two tries.
const UNLINK_PAUSE: Duration = Duration::from_millis(200);

/// The login channel.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    login: Login,
    verifier: WebVerifier,
}

/// The secrets of one attempt to sign in.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) state: State,
    pub(crate) nonce: Nonce,
    pub(crate) verifier: CodeVerifier,
}

impl Attempt {
    pub(crate) fn random() -> Self {
        Self {
            state: State::random(),
            nonce: Nonce::random(),
            verifier: CodeVerifier::random(),
        }
    }
}

impl Line {
    /// The channel that `config` names; LINE sends visitors back to `{origin}/auth/callback` and nowhere else.
    pub(crate) fn new(
        config: &Config,
        trust: &Trust,
        secret: &SecretString,
        origin: &str,
    ) -> Result<Self, ConfigError> {
        let channel = LoginChannel {
            id: config.line_login_channel_id.clone(),
            secret: secret.clone(),
            redirect_uri: Url::parse(origin)
                .and_then(|origin| origin.join("/auth/callback"))
                .map_err(|_| PublicUrlError::NotAnOrigin)?,
        };
        let verifier = WebVerifier::new(&channel, ISSUER, config.clock.clone());
        let login = Login::new(
            trust
                .at(&config.line_api_base, line_api::API_BASE)
                .client(LIMITS),
            channel,
            &config.line_access_base,
            config.line_api_base.clone(),
        );
        Ok(Self { login, verifier })
    }

    /// LINE's login page for this attempt.
    pub(crate) fn authorize_url(
        &self,
        attempt: &Attempt,
        language: Language,
        without_auto_login: bool,
    ) -> Url {
        self.login.authorize_url(&AuthorizeRequest {
            state: &attempt.state,
            nonce: &attempt.nonce,
            verifier: &attempt.verifier,
            scopes: &[Scope::OpenId, Scope::Profile],
            bot_prompt: Some(BotPrompt::Normal),
            disable_auto_login: without_auto_login,
            ui_locales: Some(language.tag()),
        })
    }

    /// Turns a code into a person and their access token. Once: a failed attempt uses the code up as well.
    pub(crate) async fn sign_in(
        &self,
        code: &SecretString,
        verifier: &CodeVerifier,
        nonce: &Nonce,
    ) -> Result<(Identity, SecretString), LoginError> {
        let tokens = self.login.exchange(code, verifier).await?;
        let identity = self.verifier.verify(&tokens.id_token, nonce)?;
        Ok((identity, tokens.access_token))
    }

    /// Refuses an access token that LINE says is somebody else's (OIDC Core 5.3.2). The ID token alone proves who they
    /// are, so that a LINE that does not answer in time contradicts nothing.
    pub(crate) async fn confirm(
        &self,
        access_token: &SecretString,
        person: &UserId,
    ) -> Result<(), LoginError> {
        let asked = tokio::time::timeout(SIDE_LIMIT, self.login.userinfo(access_token));
        match asked.await {
            Ok(Ok(info)) if info.user_id != *person => {
                Err(LoginError::Unexpected("a profile of somebody else"))
            }
            Ok(Err(unreadable @ LoginError::Unexpected(_))) => Err(unreadable),
            _ => Ok(()),
        }
    }

    /// Whether they are the bot's friend, if LINE says so in time.
    pub(crate) async fn is_friend(&self, access_token: &SecretString) -> Option<bool> {
        tokio::time::timeout(SIDE_LIMIT, self.login.is_friend(access_token))
            .await
            .ok()?
            .ok()
    }

    /// Whether LINE says that this access token is dead. A LINE that does not say so in time does not.
    pub(crate) async fn is_dead(&self, access_token: &SecretString) -> bool {
        let asked = tokio::time::timeout(SIDE_LIMIT, self.login.is_live(access_token));
        matches!(asked.await, Ok(Ok(false)))
    }

    /// Ends an access token, if LINE does so in time; it expires by itself as well.
    pub(crate) async fn revoke(&self, access_token: &SecretString) {
        let revoked = tokio::time::timeout(SIDE_LIMIT, self.login.revoke(access_token)).await;
        if !matches!(revoked, Ok(Ok(()))) {
            tracing::warn!("an access token was not revoked at LINE");
        }
    }

    /// Takes back at LINE what the person granted us, then ends their token. LINE gets three tries of a second
    /// each; what it says changes nothing here. It refuses if they unlinked in LINE before they came here, and also
    /// if our own channel token would not do, so a refusal is tried again like any other failure.
    pub(crate) async fn unlink(&self, access_token: &SecretString) {
        for attempt in 1..=UNLINK_TRIES {
            let asked = tokio::time::timeout(SIDE_LIMIT, self.login.deauthorize(access_token));
            match asked.await {
                Ok(Ok(())) => break,
                Ok(Err(error)) if attempt == UNLINK_TRIES => {
                    let error = service_kit::telemetry::chain(&error);
                    tracing::warn!(%error, "LINE did not deauthorize: {error}");
                }
                Err(_) if attempt == UNLINK_TRIES => {
                    tracing::warn!("LINE did not answer whether it deauthorized");
                }
                _ => tokio::time::sleep(UNLINK_PAUSE).await,
            }
        }
        self.revoke(access_token).await;
    }
}
