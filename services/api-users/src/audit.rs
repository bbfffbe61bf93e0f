//! Which requests are written down before they are done.

use http::Method;
use service_kit::Timestamp;

use crate::domain::Luid;
use crate::permission::Role;

/// A request as it is written down.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) at: Timestamp,
    pub(crate) subject: &'a str,
    pub(crate) role: Role,
    pub(crate) method: &'a Method,
    pub(crate) route: &'a str,
    pub(crate) luid: Option<&'a Luid>,
}

/// Whatever an operator asks for is, and what takes a person's data away, whoever asks. What services do all day, each
/// for the one person who is just talking to them, is not.
pub(crate) fn is_audited(role: Role, method: &Method, route: &str) -> bool {
    role.is_operator()
        || *method == Method::DELETE && route == "/users/{luid}"
        || route == "/users/{luid}/leave"
        || route == "/users/{luid}/export"
}
