//! Who is a member: whoever writes at the same time is asked about in one call.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, try_join_all};
use line_api::UserId;
use service_kit::Batcher;
use service_kit::telemetry::chain;
use users_client::{LookUpMemberships, Membership, UsersClient, UsersError};

use crate::limits::CONVERSATIONS;

/// What a call comes to: for everybody it asks about, in their order. `None`: nobody can tell.
type Call = Shared<BoxFuture<'static, Option<Arc<[Membership]>>>>;

/// Looks people up at api-users. Nothing is remembered: every question is put after it came.
pub(crate) struct LookUps {
    /// Answers with a call that has not begun, and a place in it, so that groups do not wait for each other.
    calls: Batcher<String, (Call, usize)>,
}

impl LookUps {
    pub(crate) fn new(users: UsersClient) -> Self {
        const { assert!(CONVERSATIONS <= LookUpMemberships::MOST) };
        Self {
            calls: Batcher::spawn(CONVERSATIONS, CONVERSATIONS, move |luids: Vec<String>| {
                let places = 0..luids.len();
                let call = ask(users.clone(), luids).boxed().shared();
                async move { places.map(|place| (call.clone(), place)).collect() }
            }),
        }
    }

    /// Whether this person is an active member. `None`: nobody can tell.
    pub(super) async fn membership(&self, user: &UserId) -> Option<Membership> {
        let (call, place) = self.calls.submit(user.as_str().to_owned()).await.ok()?;
        call.await?.get(place).cloned()
    }
}

async fn ask(users: UsersClient, luids: Vec<String>) -> Option<Arc<[Membership]>> {
    let question = LookUpMemberships { luids };
    let one_by_one = || try_join_all(question.luids.iter().map(|luid| users.membership(luid)));
    let answers = if question.luids.len() == 1 {
        one_by_one().await
    } else {
        match users.memberships(&question).await {
            // The release before knows no other question.
            Err(UsersError::Refused(_)) => one_by_one().await,
            answers => answers,
        }
    };
    answers
        .map(Arc::from)
        .inspect_err(|error| tracing::warn!(error = chain(error), "cannot tell who is a member"))
        .ok()
}
