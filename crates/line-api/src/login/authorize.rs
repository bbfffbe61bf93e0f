use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier};
use secrecy::SecretString;
use url::Url;

use super::client::Login;
use super::one_time::{CodeVerifier, Nonce, State};

/// A LINE Login channel as its console shows it. It must be of the same provider as the Messaging channel,
/// or the user IDs differ.
#[derive(Debug, Clone)]
pub struct LoginChannel {
    /// The channel ID: digits. It is the client ID and the ID tokens' audience.
    pub id: String,
    /// The channel secret, which also signs the ID tokens of web logins.
    pub secret: SecretString,
    /// Where LINE sends the visitor back to, exactly as registered in the console.
    pub redirect_uri: Url,
}

/// What a login page of LINE's is opened with (LL#make-an-authorization-request).
#[derive(Debug, Clone)]
pub struct AuthorizeRequest<'a> {
    /// Comes back with the code.
    pub state: &'a State,
    /// Comes back in the ID token.
    pub nonce: &'a Nonce,
    /// Its S256 challenge is sent now, itself with the code.
    pub verifier: &'a CodeVerifier,
    /// What the visitor is asked for.
    pub scopes: &'a [Scope],
    /// Whether LINE offers to add the account as a friend.
    pub bot_prompt: Option<BotPrompt>,
    /// Set after a login that came back with a foreign state: else a failing auto-login fails for ever.
    pub disable_auto_login: bool,
    /// The page's language, such as `zh-TW`.
    pub ui_locales: Option<&'a str>,
}

/// What a visitor is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// An ID token.
    OpenId,
    /// Name and picture, and the right to ask for the friendship.
    Profile,
    /// The e-mail address; the channel needs LINE's permission, the visitor may refuse.
    Email,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
        }
    }
}

/// How LINE offers to add the account as a friend (d:line-login/link-a-bot).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotPrompt {
    /// As an option on the consent page.
    Normal,
    /// On a page of its own after it.
    Aggressive,
}

impl BotPrompt {
    fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Aggressive => "aggressive",
        }
    }
}

impl Login {
    /// The address of LINE's login page for one visitor.
    pub fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        let verifier = PkceCodeVerifier::new(request.verifier.expose().to_owned());
        let state = CsrfToken::new(request.state.expose().to_owned());
        let mut authorize = self
            .oauth
            .authorize_url(|| state)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_extra_param("nonce", request.nonce.expose());
        for scope in request.scopes {
            authorize = authorize.add_scope(oauth2::Scope::new(scope.as_str().to_owned()));
        }
        if let Some(prompt) = request.bot_prompt {
            authorize = authorize.add_extra_param("bot_prompt", prompt.as_str());
        }
        if request.disable_auto_login {
            authorize = authorize.add_extra_param("disable_auto_login", "true");
        }
        if let Some(locales) = request.ui_locales {
            authorize = authorize.add_extra_param("ui_locales", locales);
        }
        let (mut url, _) = authorize.url();
        // LINE wants blanks as `%20`; a plus sign itself is already `%2B`.
        let query = url.query().map(|query| query.replace('+', "%20"));
        url.set_query(query.as_deref());
        url
    }
}
