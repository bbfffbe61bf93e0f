use std::sync::Arc;
use std::time::Duration;

use service_kit::Batcher;
use tokio::time::Instant;

use super::in_flight::InFlight;
use super::{Group, Newcomer, Registered, Registration, Verdict};
use crate::error::ApiError;
use crate::idempotency::Asked;

/// How many registrations wait. Whoever comes after them is told to come back.
const WAITING: usize = 1024;
/// How many share a transaction.
const GROUP: usize = 128;
/// Whose turn does not come within this time is told to come back, and nothing is stored of them.
const TURN_LIMIT: Duration = Duration::from_millis(500);
/// A server that has not stored a group by then is as good as away. With [`TURN_LIMIT`], the time within which
/// everybody is answered.
pub(in crate::store) const GROUP_LIMIT: Duration = Duration::from_secs(1);

/// Where registrations wait for the next transaction.
#[derive(Clone)]
pub(in crate::store) struct Registrations {
    queue: Batcher<Registration, Verdict>,
    in_flight: InFlight,
}

impl Registrations {
    /// `store` decides about a group in one transaction: if that fails, nothing of it is stored.
    pub(in crate::store) fn spawn<Done>(
        store: impl Fn(Group) -> Done + Send + Sync + 'static,
    ) -> Self
    where
        Done: Future<Output = Result<Group, ApiError>> + Send + 'static,
    {
        let store = Arc::new(store);
        Self {
            queue: Batcher::spawn(WAITING, GROUP, move |registrations| {
                let store = Arc::clone(&store);
                async move { decide(registrations, &*store).await }
            }),
            in_flight: InFlight::default(),
        }
    }

    /// Makes a member of the newcomer, unless they are one or left after they signed in.
    pub(in crate::store) async fn register(
        &self,
        newcomer: Newcomer,
        asked: Option<Asked>,
    ) -> Result<Registered, ApiError> {
        let key = asked
            .map(|asked| self.in_flight.hold(asked).ok_or(ApiError::KeyInUse))
            .transpose()?;
        let registration = Registration {
            newcomer,
            key,
            begun: Instant::now(),
        };
        self.queue.offer(registration, TURN_LIMIT).await?
    }
}

async fn decide<Done>(
    registrations: Vec<Registration>,
    store: impl Fn(Group) -> Done,
) -> Vec<Verdict>
where
    Done: Future<Output = Result<Group, ApiError>>,
{
    let count = registrations.len();
    let mut group = Group::new(registrations);
    group.send_away(|begun| begun.elapsed() > TURN_LIMIT);
    let decided = if group.is_decided() {
        Ok(group)
    } else {
        store(group).await
    };
    match decided {
        Ok(group) => group.into_verdicts(),
        Err(error) => {
            let error = Arc::new(error);
            let verdicts = (0..count).map(|_| Err(ApiError::Shared(Arc::clone(&error))));
            verdicts.collect()
        }
    }
}
