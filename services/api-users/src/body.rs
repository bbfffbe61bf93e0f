use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use problem::{FieldError, Json, Problem};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A JSON body of one shape. Whatever is JSON and not of that shape is 422: numbers that fit no type are, too, which
/// [`Json`] alone would take for broken JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    #[expect(
        clippy::disallowed_types,
        reason = "problem::Json has read the body; this parses it"
    )]
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Json(raw) = Json::<Box<RawValue>>::from_request(request, state).await?;
        let axum::Json(body) = axum::Json::from_bytes(raw.get().as_bytes()).map_err(misfit)?;
        Ok(Self(body))
    }
}

fn misfit(rejection: JsonRejection) -> Problem {
    if rejection.status() == StatusCode::BAD_REQUEST {
        return Problem::unprocessable(vec![FieldError {
            pointer: String::new(),
            detail: "a number is out of range".into(),
        }]);
    }
    rejection.into()
}
