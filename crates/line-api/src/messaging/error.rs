use std::fmt;

use http::StatusCode;
use serde::Deserialize;

/// Why a call did not succeed. Decided by the status; LINE does not promise the texts (MA#error-responses).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the request is wrong, a recipient unknown, or the reply token used or too old.
    #[error("LINE refused the request: {0}")]
    BadRequest(Refusal),
    /// 401: the channel access token is wrong or has expired.
    #[error("LINE refused the channel access token: {0}")]
    Unauthorized(Refusal),
    /// 403: the account's plan or type does not include this.
    #[error("LINE does not allow this account the call: {0}")]
    Forbidden(Refusal),
    /// 404: nobody and nothing of this ID, or someone who blocked the account.
    #[error("LINE knows no such thing: {0}")]
    NotFound(Refusal),
    /// 409 on a call without a retry key; with one it counts as accepted.
    #[error("LINE sees a conflict: {0}")]
    Conflict(Refusal),
    /// 410: the content was taken back.
    #[error("the content is gone: {0}")]
    Gone(Refusal),
    /// 413: the body is longer than 2 MB.
    #[error("the request is too large: {0}")]
    PayloadTooLarge(Refusal),
    /// 429: too many calls a second. Nothing was sent; wait and repeat.
    #[error("LINE's rate limit is reached: {0}")]
    RateLimited(Refusal),
    /// 429 whose text names the monthly limit. Nothing was sent; only the next month or a larger plan helps.
    #[error("the month's quota of messages is used up: {0}")]
    MonthlyLimit(Refusal),
    /// 5xx: LINE failed, perhaps after it did what was asked.
    #[error("LINE failed: {0}")]
    Server(Refusal),
    /// Any other answer: a redirect (never followed), another 4xx, or a success that cannot be read.
    #[error("LINE's answer was not expected: {0}")]
    Unexpected(Refusal),
    /// No connection: nothing was sent.
    #[error("LINE cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer in time; LINE may have done what was asked.
    #[error("LINE did not answer in time")]
    Timeout(#[source] reqwest::Error),
    /// The connection broke; LINE may have done what was asked.
    #[error("the connection to LINE broke")]
    Transport(#[source] reqwest::Error),
}

impl Error {
    pub(super) fn of_status(refusal: Refusal) -> Self {
        match refusal.status.as_u16() {
            400 => Self::BadRequest(refusal),
            401 => Self::Unauthorized(refusal),
            403 => Self::Forbidden(refusal),
            404 => Self::NotFound(refusal),
            409 => Self::Conflict(refusal),
            410 => Self::Gone(refusal),
            413 => Self::PayloadTooLarge(refusal),
            429 if refusal.names_monthly_limit() => Self::MonthlyLimit(refusal),
            429 => Self::RateLimited(refusal),
            500..=599 => Self::Server(refusal),
            _ => Self::Unexpected(refusal),
        }
    }

    pub(super) fn of_transport(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_connect() || error.is_builder() {
            Self::Unreachable(error)
        } else if error.is_timeout() {
            Self::Timeout(error)
        } else {
            Self::Transport(error)
        }
    }

    /// Whether LINE certainly did not do what was asked. If not, only a repetition that LINE itself can
    /// recognise is safe: the same retry key with the same bytes, or the same reply token.
    pub fn is_definite(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Timeout(_) | Self::Transport(_) => false,
            _ => self
                .refusal()
                .is_some_and(|refusal| refusal.status.is_client_error()),
        }
    }

    /// Whether the same request may succeed later: overload, a failure of LINE's, or of the way to it.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::RateLimited(_)
                | Self::Server(_)
                | Self::Unreachable(_)
                | Self::Timeout(_)
                | Self::Transport(_)
        )
    }

    /// What LINE answered, if it did.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::BadRequest(refusal)
            | Self::Unauthorized(refusal)
            | Self::Forbidden(refusal)
            | Self::NotFound(refusal)
            | Self::Conflict(refusal)
            | Self::Gone(refusal)
            | Self::PayloadTooLarge(refusal)
            | Self::RateLimited(refusal)
            | Self::MonthlyLimit(refusal)
            | Self::Server(refusal)
            | Self::Unexpected(refusal) => Some(refusal),
            Self::Unreachable(_) | Self::Timeout(_) | Self::Transport(_) => None,
        }
    }
}

/// An answer of LINE's that is not a success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status, on which everything is decided.
    pub status: StatusCode,
    /// LINE's name for the request: quote it when asking LINE.
    pub request_id: Option<String>,
    /// LINE's own words; empty if the body was none of LINE's.
    pub message: String,
    /// What is wrong with which property.
    pub details: Vec<Detail>,
}

impl Refusal {
    pub(super) fn read(status: StatusCode, request_id: Option<String>, body: &[u8]) -> Self {
        let body: Body = serde_json::from_slice(body).unwrap_or_default();
        Self {
            status,
            request_id,
            message: body.message,
            details: body.details,
        }
    }

    /// The place of the recipient that LINE names as invalid: 7 for `to[7]`. A hint only.
    pub fn recipient(&self) -> Option<usize> {
        let properties = self.details.iter().map(|detail| &detail.property);
        properties
            .chain([&self.message])
            .find_map(|text| index_of("to[", text))
    }

    /// Whether LINE says that a reply token was used, too old, or none of its own. A hint only.
    pub fn names_reply_token(&self) -> bool {
        self.message.to_ascii_lowercase().contains("reply token")
    }

    fn names_monthly_limit(&self) -> bool {
        self.message.to_ascii_lowercase().contains("monthly")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status.as_u16())?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// What is wrong with one property of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// LINE's words.
    pub message: String,
    /// Such as `messages[0].text`.
    pub property: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    message: String,
    details: Vec<Detail>,
}

/// The number after `name` in a text such as `The property, to[1], in the request body is invalid`.
fn index_of(name: &str, text: &str) -> Option<usize> {
    let (before, rest) = text.split_once(name)?;
    let stands_alone = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
    let (digits, _) = rest.split_once(']')?;
    stands_alone.then(|| digits.parse().ok()).flatten()
}
