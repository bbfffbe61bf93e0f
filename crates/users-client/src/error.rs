use problem::Problem;
use service_auth::TokenSourceError;
use service_kit::http_client::ReadError;

/// Why the members' API gave no answer that can be used. None of these says anything about a membership.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// It refused the request, and says why.
    #[error("the members' API answered {}: {}", .0.status, .0.title)]
    Refused(Problem),
    /// It failed, or is overloaded.
    #[error("the members' API answered {0}")]
    Failed(u16),
    /// It could not be reached in time.
    #[error("the members' API did not answer")]
    Unreachable(#[source] reqwest::Error),
    /// Its answer broke off or is too long.
    #[error("the members' API answered badly")]
    Read(#[from] ReadError),
    /// Its answer is not what was agreed.
    #[error("the members' API answered something else")]
    Unexpected(#[source] serde_json::Error),
    /// A stream of it broke off.
    #[error("the members' API broke off")]
    BrokeOff(#[source] std::io::Error),
    /// There is no token to call with.
    #[error("there is no token for the members' API")]
    Token(#[from] TokenSourceError),
}

impl UsersError {
    /// The stable type of the problem it answered with, such as `/problems/already-registered`.
    pub fn problem_kind(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => Some(&problem.kind),
            _ => None,
        }
    }
}
