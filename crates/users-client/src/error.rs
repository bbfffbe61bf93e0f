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
    Unexpected(#[source] UnexpectedAnswer),
    /// It answered about fewer people, or more, than it was asked about.
    #[error("the members' API answered about others than it was asked about")]
    Incomplete,
    /// It fell silent in the middle of a stream, or before it.
    #[error("the members' API fell silent")]
    Silent,
    /// A stream of it broke off.
    #[error("the members' API broke off")]
    BrokeOff(#[source] reqwest::Error),
    /// A line of a stream of it has no end within so many bytes.
    #[error("a line of the members' API is longer than {0} bytes")]
    LongLine(usize),
    /// There is no token to call with.
    #[error("there is no token for the members' API")]
    Token(#[from] TokenSourceError),
}

impl UsersError {
    /// Whether the members' API itself says that there is no such member. Any other 404 may be a proxy's, or a wrong
    /// address's, and says nothing about a person.
    pub fn is_no_such_member(&self) -> bool {
        self.problem_kind() == Some("/problems/no-such-member")
    }

    /// Whether the feed no longer reaches back to where it was asked to go on: start again from 0.
    pub fn is_changes_forgotten(&self) -> bool {
        self.problem_kind() == Some("/problems/changes-forgotten")
    }

    /// The stable type of the problem it answered with, such as `/problems/already-registered`.
    pub fn problem_kind(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => Some(&problem.kind),
            _ => None,
        }
    }
}

/// Where an answer stopped being what was agreed. It does not quote the answer, which may name a person, as the
/// parser's own error would.
#[derive(Debug, thiserror::Error)]
#[error("{category:?} error in line {line}, column {column}")]
pub struct UnexpectedAnswer {
    category: serde_json::error::Category,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for UsersError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unexpected(UnexpectedAnswer {
            category: error.classify(),
            line: error.line(),
            column: error.column(),
        })
    }
}
