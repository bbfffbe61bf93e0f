use serde::{Deserialize, Serialize};
use service_kit::Timestamp;

use crate::LuidDigest;
#[cfg(feature = "openapi")]
use crate::field;

/// A request that somebody made about members: a line of `GET /audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its number: later ones are larger.
    pub audit_id: i64,
    /// When it came.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub asked_at: Timestamp,
    /// Who asked: the subject of their token.
    pub subject: String,
    /// As what.
    pub role: String,
    /// The HTTP method.
    pub method: String,
    /// The route, as in the API's document.
    pub route: String,
    /// SHA-256 of the LINE user ID that it was about, in hex, if it was about one person.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Digest>))]
    pub luid_digest: Option<LuidDigest>,
    /// The answer's status; null if none was given yet, or the process ended before.
    pub status: Option<u16>,
}

/// One page of `GET /audit?after=…&limit=…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// The entries, oldest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page starts; absent on the last.
    pub next_after: Option<i64>,
}
