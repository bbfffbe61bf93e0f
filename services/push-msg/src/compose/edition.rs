use std::fmt;
use std::sync::Arc;

use line_api::messaging::Messages;
use service_kit::Timestamp;
use users_client::{AudienceMember, QuietHours};

use super::{Exclusion, Moment};
use crate::campaign::{Campaign, CampaignError};

/// One occurrence of a campaign, ready to be composed for a million members.
#[derive(Debug)]
pub struct Edition {
    shared: Arc<Messages>,
}

/// What one member gets.
#[derive(Debug, Clone)]
pub struct Composed {
    /// Whom they share it with.
    pub variant: Variant,
    /// One to five messages, in the order they are shown.
    pub messages: Arc<Messages>,
}

/// Equal variants of one edition mean equal bytes but for `to`, unless they are personal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// Everybody of this language: the tag as the document writes it, or `default`.
    Shared(Arc<str>),
    /// Nobody: it holds something of the member.
    Personal,
}

impl Edition {
    /// The campaign as it reads for the occurrence of this moment, however late it leaves.
    pub(crate) fn new(campaign: &Campaign, scheduled_at: Timestamp) -> Result<Self, CampaignError> {
        let shared = Arc::new(campaign.messages_at(scheduled_at)?);
        Ok(Self { shared })
    }

    /// What the member gets. What is shared is put together once.
    pub fn compose(&self, _member: &AudienceMember) -> Result<Composed, Exclusion> {
        Ok(Composed {
            variant: Variant::Shared("default".into()),
            messages: self.shared.clone(),
        })
    }

    /// When somebody in this IANA zone, with quiet hours of their own or none, may be disturbed.
    pub fn moment_for(
        &self,
        _zone: Option<&str>,
        _own: Option<&QuietHours>,
        _now: Timestamp,
    ) -> Moment {
        Moment::Now
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared(tag) => write!(f, "Shared({tag})"),
            Self::Personal => f.write_str("Personal"),
        }
    }
}
