//! Frequency caps: who has had as many messages as a campaign allows.

use std::collections::HashSet;

use service_kit::Timestamp;
use users_client::AudienceMember;
use uuid::Uuid;

use crate::campaign::Campaign;
use crate::store::{LedgerError, Store};

/// Why they get nothing.
pub(crate) const SATED: &str = "had as many messages as the campaign allows";

/// Those of the members who get no more of this campaign at this moment.
pub(crate) async fn sated(
    store: &Store,
    campaign: &Campaign,
    members: &[AudienceMember],
    at: Timestamp,
) -> Result<HashSet<Uuid>, LedgerError> {
    let Some(cap) = campaign.frequency_cap() else {
        return Ok(HashSet::new());
    };
    let ids: Vec<_> = members.iter().map(|member| member.member_id).collect();
    let counts = store.sent_since(&ids, at - cap.within).await?;
    let sated = counts
        .into_iter()
        .filter(|(_, count)| *count >= cap.messages);
    Ok(sated.map(|(id, _)| id).collect())
}
