use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::user;
#[cfg(feature = "openapi")]
use crate::field;
use crate::{UsersClient, UsersError};

/// What the bot may know about the sender of a message: `GET /users/{luid}/membership`. The answer is 200 for
/// strangers too; no answer is no membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// Whether they are an active member.
    pub member: bool,
    /// The language they chose, a BCP 47 tag.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Language>))]
    pub language: Option<String>,
}

/// The body of `POST /memberships`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LookUpMemberships {
    /// LINE user IDs, [`LookUpMemberships::MOST`] at most.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<field::Luid>, max_items = 500))]
    pub luids: Vec<String>,
}

impl LookUpMemberships {
    /// About how many people one request may ask.
    pub const MOST: usize = 500;
}

/// The answer, in the order of the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Memberships {
    /// One for everybody who was asked about.
    pub memberships: Vec<Membership>,
}

impl UsersClient {
    /// Whether this person is an active member. An error is no answer: never take it for one.
    pub async fn membership(&self, luid: &str) -> Result<Membership, UsersError> {
        self.call(Method::GET, &user(luid, "/membership")).await
    }

    /// The same of several people at once, in the order of the question.
    pub async fn memberships(
        &self,
        question: &LookUpMemberships,
    ) -> Result<Vec<Membership>, UsersError> {
        let Memberships { memberships } = self
            .call_with(Method::POST, "/memberships", question)
            .await?;
        if memberships.len() == question.luids.len() {
            Ok(memberships)
        } else {
            Err(UsersError::Incomplete)
        }
    }
}
