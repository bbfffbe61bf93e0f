//! What an event changes at api-users.

use line_api::event::Event;
use service_kit::telemetry::chain;
use users_client::{Friendship, FriendshipChange, UsersError};

use super::actor::{Actor, Trouble};
use crate::bot::OptOut;
use crate::store::Claim;

impl Actor {
    pub(super) async fn set_friendship(
        &self,
        claim: &Claim,
        event: &Event,
        friendship: Friendship,
    ) -> Result<(), Trouble> {
        let Some(user) = event.user_id() else {
            return Ok(());
        };
        let change = FriendshipChange {
            friendship,
            event_at: claim.event_at,
            event_id: claim.key.clone(),
        };
        match self.users.set_friendship(user.as_str(), &change).await {
            Ok(()) => Ok(()),
            Err(error) if is_final(&error) => {
                tracing::warn!(
                    error = chain(&error),
                    "api-users does not want a state change"
                );
                Ok(())
            }
            Err(error) => Err(not_taken(&error, Trouble::Friendship)),
        }
    }

    /// Takes back what the person consented to, as of when they said so. Who is told that it is done gets nothing more:
    /// so a refusal counts only if they are no member.
    pub(super) async fn opt_out(
        &self,
        claim: &Claim,
        event: &Event,
        wish: &OptOut,
    ) -> Result<(), Trouble> {
        let Some(user) = event.user_id() else {
            return Ok(());
        };
        let (user, said_at) = (user.as_str(), claim.event_at);
        let settle = |done: Result<(), UsersError>| match done {
            Err(error) if !gets_nothing(&error) => Err(not_taken(&error, Trouble::OptOut)),
            _ => Ok(()),
        };
        match wish {
            OptOut::Topic(topic) => settle(self.users.unsubscribe(user, topic, said_at).await),
            OptOut::Everything => {
                for purpose in &self.opt_out_consents {
                    settle(self.users.withdraw_consent(user, purpose, said_at).await)?;
                }
                Ok(())
            }
        }
    }
}

/// Whether api-users would answer the same to the same question: such as an event from before the person was erased.
fn is_final(error: &UsersError) -> bool {
    match error {
        UsersError::Refused(problem) => !matches!(problem.status, 401 | 403 | 408 | 429),
        _ => false,
    }
}

/// Whether api-users itself says that the person is no member, or not for long.
fn gets_nothing(error: &UsersError) -> bool {
    error.is_no_such_member() || error.problem_kind() == Some("/problems/leaving")
}

fn not_taken(error: &UsersError, trouble: Trouble) -> Trouble {
    tracing::warn!(
        error = chain(error),
        "api-users did not take a state change"
    );
    trouble
}
