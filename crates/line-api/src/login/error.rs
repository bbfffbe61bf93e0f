use http::StatusCode;

/// Why a login did not get on.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// LINE refused (4xx): the code or token is used, expired or foreign. Begin anew.
    #[error("LINE Login refused with {status}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// The status.
        status: StatusCode,
        /// LINE's code for it, such as `invalid_grant`.
        code: Option<String>,
    },
    /// LINE is overloaded, failed, or did not answer in time. A code may be used up all the same.
    #[error("LINE Login is not available")]
    Unavailable(#[source] Outage),
    /// The ID token does not prove who the visitor is.
    #[error("the ID token is not valid")]
    InvalidIdToken(#[source] InvalidIdToken),
    /// LINE answered with what its reference does not allow: a redirect, say, or a body without end.
    #[error("LINE Login answered unexpectedly: {0}")]
    Unexpected(&'static str),
}

impl From<InvalidIdToken> for LoginError {
    fn from(reason: InvalidIdToken) -> Self {
        Self::InvalidIdToken(reason)
    }
}

/// How LINE was not available.
#[derive(Debug, thiserror::Error)]
pub enum Outage {
    /// It said so: 429 or 5xx.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// There was no whole answer in time.
    #[error("it did not answer")]
    Transport(#[source] reqwest::Error),
    /// The last attempt failed less than a minute ago.
    #[error("its keys were not to be had, and it is too early to ask again")]
    TooSoon,
}

/// What is wrong with an ID token. It repeats nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdToken {
    /// The token answer has none.
    #[error("there is none")]
    Absent,
    /// Not three parts of Base64url with JSON, or a required claim is missing or of the wrong type.
    #[error("it is malformed")]
    Malformed,
    /// Not signed in the one way that this login flow allows.
    #[error("its algorithm is not the one of this login flow")]
    Algorithm,
    /// Signed with a key that LINE does not publish.
    #[error("its key is unknown")]
    UnknownKey,
    /// The signature is wrong.
    #[error("its signature is wrong")]
    Signature,
    /// Issued by someone else.
    #[error("its issuer is another")]
    Issuer,
    /// Issued for another channel, or for others as well.
    #[error("its audience is another")]
    Audience,
    /// Past its time.
    #[error("it has expired")]
    Expired,
    /// Issued in the future or more than an hour ago.
    #[error("its time of issue is out of bounds")]
    IssuedAt,
    /// Not valid yet.
    #[error("it is not valid yet")]
    NotBefore,
    /// Made for another login.
    #[error("its nonce is another")]
    Nonce,
    /// Not a LINE user ID.
    #[error("its subject is not a LINE user ID")]
    Subject,
}
