use std::fmt;
use std::sync::Arc;

use line_api::messaging::{InvalidSend, Messages};
use service_kit::Timestamp;
use users_client::{AudienceMember, QuietHours};

use super::moment::{self, Disturbance};
use super::{Exclusion, Moment};
use crate::campaign::{
    Campaign, CampaignError, Facts, LanguageVariant, Unfilled, Wrong, Zone, choose, fill, sample,
};

/// One occurrence of a campaign, ready to be composed for a million members.
#[derive(Debug)]
pub struct Edition {
    variants: Arc<[LanguageVariant]>,
    /// By the place of the variant: what is the same for all its readers, unless it is personal.
    shared: Vec<Option<Arc<Messages>>>,
    scheduled_at: Timestamp,
    zone: Zone,
    disturbance: Disturbance,
}

/// What one member gets.
#[derive(Debug, Clone)]
pub struct Composed {
    /// Whom they share it with.
    pub variant: Variant,
    /// Whose language it is in: the tag as the document writes it, or `default`.
    pub language: Arc<str>,
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
        let variants = campaign.variants().clone();
        let zone = campaign.schedule().zone();
        let facts = Facts {
            wall: zone.wall(scheduled_at),
            member: None,
        };
        let shared = variants.iter().map(|variant| {
            (!variant.is_personal())
                .then(|| put_together(variant, facts).map(Arc::new))
                .transpose()
        });
        let shared = shared.collect::<Result<_, _>>();
        let next = campaign.schedule().next(scheduled_at, 1);
        Ok(Self {
            shared: shared.map_err(|why| Wrong::new(why.to_string()))?,
            scheduled_at,
            zone,
            disturbance: Disturbance {
                quiet: campaign.quiet(),
                zone,
                next: next.first().copied(),
            },
            variants,
        })
    }

    /// What the member gets. What is shared is put together once.
    ///
    /// # Errors
    ///
    /// Why there is nothing for this member.
    pub fn compose(&self, member: &AudienceMember) -> Result<Composed, Exclusion> {
        let place = self.place_of(member);
        let variant = &self.variants[place];
        if let Some(shared) = &self.shared[place] {
            return Ok(Composed {
                variant: Variant::Shared(variant.tag.clone()),
                language: variant.tag.clone(),
                messages: shared.clone(),
            });
        }
        let facts = self.facts(Some(member));
        Ok(Composed {
            variant: Variant::Personal,
            language: variant.tag.clone(),
            messages: Arc::new(put_together(variant, facts)?),
        })
    }

    /// Whose language the member reads it in.
    pub(crate) fn language_of(&self, member: &AudienceMember) -> &str {
        &self.variants[self.place_of(member)].tag
    }

    fn place_of(&self, member: &AudienceMember) -> usize {
        let tags = self.variants.iter().map(|variant| &*variant.tag);
        choose(tags, member.language.as_deref())
    }

    /// Every language, and its messages as they could read for somebody.
    pub(crate) fn samples(&self) -> impl Iterator<Item = (&str, Messages)> {
        self.variants.iter().filter_map(|variant| {
            Some((&*variant.tag, sample(&variant.contents, self.facts(None))?))
        })
    }

    fn facts<'a>(&self, member: Option<&'a AudienceMember>) -> Facts<'a> {
        Facts {
            wall: self.zone.wall(self.scheduled_at),
            member,
        }
    }

    /// When somebody in this IANA zone, with quiet hours of their own or none, may be disturbed.
    pub fn moment_for(
        &self,
        zone: Option<&str>,
        own: Option<&QuietHours>,
        now: Timestamp,
    ) -> Moment {
        moment::judge(&self.disturbance, zone, own, now)
    }
}

fn put_together(variant: &LanguageVariant, facts: Facts<'_>) -> Result<Messages, Exclusion> {
    fill(&variant.contents, facts).map_err(|why| match why {
        Unfilled::NoValue(variable) => Exclusion::NoValue(variable.to_string()),
        Unfilled::Refused(InvalidSend::Message { index, source }) => Exclusion::Unfit {
            index,
            rule: source.to_string(),
        },
        Unfilled::Refused(other) => Exclusion::Unfit {
            index: 0,
            rule: other.to_string(),
        },
    })
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared(tag) => write!(f, "Shared({tag})"),
            Self::Personal => f.write_str("Personal"),
        }
    }
}
