//! LINE Login: requests waiting for consent, codes and tokens.

use std::collections::{BTreeSet, HashMap};

/// A checked authorization request.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizeRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) max_age: bool,
    pub(crate) bot_prompt: Option<String>,
    pub(crate) disable_auto_login: bool,
}

/// An authorization code: ten minutes, one use.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) person: String,
    pub(crate) request: AuthorizeRequest,
    pub(crate) issued_at: i64,
}

/// A user's access token, or the grant behind a refresh token.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) person: String,
    pub(crate) scopes: BTreeSet<String>,
    pub(crate) expires_at: i64,
    pub(crate) revoked: bool,
}

/// A channel access token made by this LINE.
#[derive(Debug)]
pub(crate) struct ChannelToken {
    pub(crate) client_id: String,
    pub(crate) expires_at: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Logins {
    /// Requests waiting for consent.
    pub(crate) pending: HashMap<String, AuthorizeRequest>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) access: HashMap<String, Access>,
    pub(crate) refresh: HashMap<String, Access>,
    pub(crate) channel: HashMap<String, ChannelToken>,
}

impl Logins {
    /// The live grant behind an access token.
    pub(crate) fn live(&self, token: &str, now: i64) -> Option<&Access> {
        self.access
            .get(token)
            .filter(|access| !access.revoked && access.expires_at > now)
    }

    /// Ends every token of a person.
    pub(crate) fn unlink(&mut self, person: &str) {
        self.codes.retain(|_, code| code.person != person);
        self.refresh.retain(|_, access| access.person != person);
        for access in self.access.values_mut().filter(|a| a.person == person) {
            access.revoked = true;
        }
    }
}
