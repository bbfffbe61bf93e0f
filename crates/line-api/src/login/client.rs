use std::fmt;
use std::time::Duration;

use http::header;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet,
    ExtraTokenFields, PkceCodeVerifier, RedirectUrl, RequestTokenError, StandardRevocableToken,
    StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::authorize::LoginChannel;
use super::error::{InvalidIdToken, LoginError};
use super::one_time::CodeVerifier;
use super::relay;
use crate::{Private, UserId, wire};

type TokenAnswer = StandardTokenResponse<IdTokenField, BasicTokenType>;
type Oauth = oauth2::Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// One LINE Login channel, seen from a website. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Login {
    pub(super) oauth: Oauth,
    http: Client,
    api: Url,
    channel: LoginChannel,
}

impl Login {
    /// The channel at [`crate::ACCESS_BASE`] and [`crate::API_BASE`], or at a simulator. The client must not
    /// follow redirects and must have time limits: `service_kit::http_client` builds such.
    pub fn new(http: Client, channel: LoginChannel, access: &Url, api: Url) -> Self {
        let authorize = wire::address(access, &["oauth2/v2.1/authorize"]);
        let token = wire::address(&api, &["oauth2/v2.1/token"]);
        let oauth = oauth2::Client::new(ClientId::new(channel.id.clone()))
            .set_client_secret(ClientSecret::new(channel.secret.expose_secret().to_owned()))
            // LINE takes the secret in the body; the default would be HTTP Basic.
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(authorize))
            .set_token_uri(TokenUrl::from_url(token))
            .set_redirect_uri(RedirectUrl::from_url(channel.redirect_uri.clone()));
        Self {
            oauth,
            http,
            api,
            channel,
        }
    }

    /// Turns a code into tokens, once: even a failed attempt uses it up (LL#issue-access-token).
    pub async fn exchange(
        &self,
        code: &SecretString,
        verifier: &CodeVerifier,
    ) -> Result<Tokens, LoginError> {
        let relay = |request| relay::oauth(self.http.clone(), request);
        let answer = self
            .oauth
            .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()))
            .request_async(&relay)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(error) => error,
                // The other variants may carry the answer, with its tokens.
                _ => LoginError::Unexpected("a token answer that cannot be read"),
            })?;
        Tokens::read(&answer)
    }

    /// Who the token's owner is (LL#userinfo). Compare `user_id` with the ID token's.
    pub async fn userinfo(&self, access_token: &SecretString) -> Result<UserInfo, LoginError> {
        self.fetch("userinfo", self.get("oauth2/v2.1/userinfo", access_token))
            .await
    }

    /// Whether the token's owner is a friend of the linked account, and has not blocked it
    /// (LL#get-friendship-status).
    pub async fn is_friend(&self, access_token: &SecretString) -> Result<bool, LoginError> {
        let request = self.get("friendship/v1/status", access_token);
        self.fetch("friendship", request)
            .await
            .map(|Friendship { friend_flag }| friend_flag)
    }

    /// Whether an access token of this channel still acts for its owner (LL#verify-access-token). LINE ends one without a
    /// word when its owner takes the access back in LINE's settings.
    pub async fn is_live(&self, access_token: &SecretString) -> Result<bool, LoginError> {
        let mut address = wire::address(&self.api, &["oauth2/v2.1/verify"]);
        address
            .query_pairs_mut()
            .append_pair("access_token", access_token.expose_secret());
        let answer = self.fetch::<Verified>("verify", self.http.get(address));
        match answer.await {
            Ok(token) => Ok(token.client_id == self.channel.id && token.expires_in > 0),
            Err(LoginError::Refused {
                code: Some(code), ..
            }) if code == "invalid_request" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends an access token (LL#revoke-access-token): the logout.
    pub async fn revoke(&self, access_token: &SecretString) -> Result<(), LoginError> {
        let form = [
            ("client_id", self.channel.id.as_str()),
            ("client_secret", self.channel.secret.expose_secret()),
            ("access_token", access_token.expose_secret()),
        ];
        let request = self.post("oauth2/v2.1/revoke").form(&form);
        relay::call("revoke", request).await.map(drop)
    }

    /// Takes back what the token's owner granted this channel (LL#deauthorize). LINE's guidelines demand it of
    /// whoever lets people leave. The token must still live.
    pub async fn deauthorize(&self, access_token: &SecretString) -> Result<(), LoginError> {
        let channel_token = self.channel_token().await?;
        let request = self
            .post("user/v1/deauthorize")
            .bearer_auth(channel_token.access_token.expose_secret())
            .header(header::CONTENT_TYPE, "application/json")
            .body(
                serde_json::json!({ "userAccessToken": access_token.expose_secret() }).to_string(),
            );
        relay::call("deauthorize", request).await.map(drop)
    }

    /// A token of the channel itself, good for 15 minutes and made to be used once
    /// (MA#issue-stateless-channel-access-token).
    pub async fn channel_token(&self) -> Result<ChannelToken, LoginError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.channel.id.as_str()),
            ("client_secret", self.channel.secret.expose_secret()),
        ];
        self.fetch("channel-token", self.post("oauth2/v3/token").form(&form))
            .await
    }

    /// The channel as it was given.
    pub fn channel(&self) -> &LoginChannel {
        &self.channel
    }

    fn get(&self, path: &str, access_token: &SecretString) -> RequestBuilder {
        self.http
            .get(wire::address(&self.api, &[path]))
            .bearer_auth(access_token.expose_secret())
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(wire::address(&self.api, &[path]))
    }

    async fn fetch<T: DeserializeOwned>(
        &self,
        name: &'static str,
        request: RequestBuilder,
    ) -> Result<T, LoginError> {
        let (_, body) = relay::call(name, request).await?;
        serde_json::from_slice(&body)
            .map_err(|_| LoginError::Unexpected("a body that cannot be read"))
    }
}

/// What a code was turned into (LL#issue-access-token).
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Acts for the person: profile, friendship, revoke, deauthorize. 30 days.
    pub access_token: SecretString,
    /// Makes new access tokens. 90 days.
    pub refresh_token: Option<SecretString>,
    /// Says who the person is, once a verifier has confirmed it.
    pub id_token: SecretString,
    /// How long the access token lives.
    pub expires_in: Option<Duration>,
    /// What was granted; LINE never lists `email`.
    pub scope: Vec<String>,
}

impl Tokens {
    fn read(answer: &TokenAnswer) -> Result<Self, LoginError> {
        let id_token = answer
            .extra_fields()
            .id_token
            .clone()
            .ok_or(InvalidIdToken::Absent)?;
        let scopes = answer.scopes().into_iter().flatten();
        Ok(Self {
            access_token: answer.access_token().secret().clone().into(),
            refresh_token: answer
                .refresh_token()
                .map(|token| token.secret().clone().into()),
            id_token,
            expires_in: answer.expires_in(),
            scope: scopes.map(|scope| scope.to_string()).collect(),
        })
    }
}

/// A token of the channel itself.
#[derive(Debug, Clone, Deserialize)]
pub struct ChannelToken {
    access_token: SecretString,
}

/// What the person's profile says to this channel (LL#userinfo).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UserInfo {
    /// The person.
    #[serde(rename = "sub")]
    pub user_id: UserId,
    /// The name, with the profile scope.
    pub name: Option<Private>,
    /// The picture's address, with the profile scope.
    pub picture: Option<Private>,
}

#[derive(Deserialize)]
struct Verified {
    client_id: String,
    /// In seconds.
    expires_in: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Friendship {
    friend_flag: bool,
}

/// The member that OpenID Connect adds to a token answer.
#[derive(Clone, Default, Deserialize)]
pub(super) struct IdTokenField {
    id_token: Option<SecretString>,
}

impl ExtraTokenFields for IdTokenField {}

impl Serialize for IdTokenField {
    /// The `oauth2` crate demands it; nothing is ever written.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl fmt::Debug for IdTokenField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdTokenField(…)")
    }
}
