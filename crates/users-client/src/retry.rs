//! One more try, where it can do no harm and may do good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use reqwest::{Request, RequestBuilder};
use service_kit::http_client::ReadError;
use tokio::time::Instant;

use crate::UsersError;
use crate::client::{Failure, attempt};

/// By which the members' API knows a request that it has had already.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What broke is given this long to come back.
const PAUSE: Duration = Duration::from_millis(100);
/// An API that asks to be left alone for longer is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a call may take in all, and what is known of the API.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    deadline: Duration,
    /// Whether the last second try was in vain too. Until somebody is answered, nobody makes another: an API that is
    /// away is not asked twice as often.
    in_vain: Arc<AtomicBool>,
}

impl Retry {
    pub(crate) fn within(deadline: Duration) -> Self {
        Self {
            deadline,
            in_vain: Arc::default(),
        }
    }

    pub(crate) async fn exchange(&self, request: RequestBuilder) -> Result<Bytes, UsersError> {
        let begun = Instant::now();
        let again = request.try_clone();
        let failure = match self.attempt(request, begun).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        let Some((pause, again)) = again.and_then(|again| self.again(again, &failure, begun))
        else {
            return Err(failure.error);
        };
        tokio::time::sleep(pause).await;
        let answer = self.attempt(again, begun).await;
        let is_away = answer.as_ref().is_err_and(|failure| !failure.is_answer());
        self.in_vain.store(is_away, Ordering::Relaxed);
        answer.map_err(|failure| failure.error)
    }

    async fn attempt(&self, request: RequestBuilder, begun: Instant) -> Result<Bytes, Failure> {
        let left = self.deadline.saturating_sub(begun.elapsed());
        let answer = attempt(request.timeout(left)).await;
        if answer.as_ref().map_or_else(Failure::is_answer, |_| true) {
            self.in_vain.store(false, Ordering::Relaxed);
        }
        answer
    }

    /// After which pause to try again, if it is worth it. What failed slowly would fail slowly again.
    fn again(
        &self,
        request: RequestBuilder,
        failure: &Failure,
        begun: Instant,
    ) -> Option<(Duration, RequestBuilder)> {
        let (client, request) = request.build_split();
        let request = request.ok()?;
        let pause = pause(&request, failure)?;
        let is_worth_it = !self.in_vain.load(Ordering::Relaxed)
            && begun.elapsed() < self.deadline / 4
            && begun.elapsed() + pause < self.deadline / 2;
        is_worth_it.then(|| (pause, RequestBuilder::from_parts(client, request)))
    }
}

/// How long to wait before a failed request is made again, if that is safe.
fn pause(request: &Request, failure: &Failure) -> Option<Duration> {
    let has_key = request.headers().contains_key(IDEMPOTENCY_KEY);
    let is_safe = has_key || [Method::GET, Method::PUT, Method::DELETE].contains(request.method());
    if !is_safe {
        return None;
    }
    match &failure.error {
        UsersError::Unreachable(_) | UsersError::Read(ReadError::Transport(_)) => Some(PAUSE),
        UsersError::Failed(503) => failure
            .retry_after
            .filter(|wanted| *wanted <= LONGEST_PAUSE),
        // Nobody knows whether it was done.
        UsersError::Failed(_) => has_key.then_some(PAUSE),
        _ => None,
    }
}
