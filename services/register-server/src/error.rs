use axum::response::{IntoResponse, Response};
use line_api::login::LoginError;
use problem::Problem;
use service_kit::Failure;
use users_client::UsersError;

use crate::seal::SealError;

/// Why a request could not be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the store of logins and sessions failed")]
    Store(#[from] sqlx::Error),
    #[error("a session could not be sealed or opened")]
    Seal(#[from] SealError),
    #[error("the members' API could not be asked")]
    Users(#[from] UsersError),
    #[error("the sign-in with LINE failed")]
    Line(#[from] LoginError),
    #[error("a task broke off")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    /// Puts the whole chain into the request's log line; the visitor sees `response`.
    pub(crate) fn behind(&self, mut response: Response) -> Response {
        response.extensions_mut().insert(Failure::new(self));
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Seal(_) | Self::Task(_) => Problem::internal(),
            Self::Store(_) | Self::Users(_) | Self::Line(_) => Problem::unavailable(5),
        };
        self.behind(problem.into_response())
    }
}
