//! LINE's Messaging API, with a token that may be exchanged under way.

use line_api::messaging::Messaging;
use secrecy::SecretString;
use service_auth::TokenSource;
use service_kit::telemetry::chain;
use url::Url;

/// What it takes to call LINE.
pub(crate) struct Line {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    /// The token as it was at the start.
    pub(crate) token: SecretString,
    /// Where it is kept, if in a file.
    pub(crate) file: Option<TokenSource>,
}

impl Line {
    /// The API with the token of now: a file is read again, at most half a minute later than it changed.
    pub(super) async fn messaging(&self) -> Messaging {
        let token = match &self.file {
            Some(file) => file.token().await.unwrap_or_else(|error| {
                tracing::warn!(
                    error = chain(&error),
                    "the channel access token cannot be read again"
                );
                self.token.clone()
            }),
            None => self.token.clone(),
        };
        Messaging::new(self.http.clone(), self.base.clone(), token)
    }
}
