use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use service_kit::Timestamp;
use users_client::{AudienceRequest, QuietHours};

use super::audience::{Audience, any_of, slug};
use super::document::{CapDocument, Document, MessageObjects, QuietDocument, Segments};
use super::error::{CampaignError, Wrong};
use super::quiet::Quiet;
use super::variant::{LanguageVariant, is_tag};
use super::{FrequencyCap, OverQuota, Schedule, Variable, span};
use crate::compose::Edition;

const MAX_NAME: usize = 60;
const DEFAULT_NOT_AFTER: Duration = Duration::from_mins(15);
/// The tag of messages whose document names no language.
const DEFAULT: &str = "default";

/// A campaign, parsed: what is here can be sent.
#[derive(Debug, Clone)]
pub struct Campaign {
    name: String,
    schedule: Schedule,
    not_after: Duration,
    audience: Audience,
    test_list: Option<String>,
    /// The first is for whoever reads none of the others.
    variants: Arc<[LanguageVariant]>,
    quiet: Option<Quiet>,
    frequency_cap: Option<FrequencyCap>,
    over_quota: OverQuota,
    digest: [u8; 32],
    source: Arc<str>,
}

impl Campaign {
    /// Reads a campaign from YAML.
    ///
    /// # Errors
    ///
    /// What is wrong first, with its place.
    pub fn parse(yaml: &str) -> Result<Self, CampaignError> {
        let document: Document =
            serde_norway::from_str(yaml).map_err(|error| Wrong::of_shape(&error))?;
        let read = Self::read(document, yaml);
        read.map_err(|wrong| wrong.located_in(yaml).into())
    }

    fn read(document: Document, yaml: &str) -> Result<Self, Wrong> {
        slug(&document.name, MAX_NAME).map_err(|wrong| wrong.inside("name"))?;
        let not_after = document.not_after.as_deref();
        let test_list: Option<Segments> = document.test_list;
        let campaign = Self {
            schedule: Schedule::parse(&document.schedule)
                .map_err(|wrong| wrong.inside("schedule"))?,
            not_after: not_after
                .map_or(Ok(DEFAULT_NOT_AFTER), |raw| span::parse(raw, "1m", "12h"))
                .map_err(|wrong| wrong.inside("not_after"))?,
            audience: Audience::parse(document.audience)
                .map_err(|wrong| wrong.inside("audience"))?,
            test_list: test_list
                .map(any_of)
                .transpose()
                .map_err(|wrong| wrong.inside("test_list"))?,
            variants: variants(document.language, document.messages, document.variants)?,
            quiet: document
                .quiet_hours
                .map(quiet)
                .transpose()
                .map_err(|wrong| wrong.inside("quiet_hours"))?,
            frequency_cap: document
                .frequency_cap
                .as_ref()
                .map(cap)
                .transpose()
                .map_err(|wrong| wrong.inside("frequency_cap"))?,
            over_quota: document.over_quota,
            name: document.name,
            digest: sha256(yaml),
            source: yaml.into(),
        };
        Ok(campaign)
    }

    /// Its name: 1 to 60 of `a-z`, `0-9` and `-`. The ledger knows it by this.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it is due.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// How late an occurrence may begin.
    pub fn not_after(&self) -> Duration {
        self.not_after
    }

    /// Who it is for.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Who is asked for at the members' API.
    pub fn audience_request(&self) -> AudienceRequest {
        self.audience.request()
    }

    /// Who gets it for a trial: members of the test list, subscribed or not, who consent to the campaign's purpose.
    pub fn test_request(&self) -> Option<AudienceRequest> {
        Some(AudienceRequest {
            segment: Some(self.test_list.clone()?),
            topic: None,
            ..self.audience_request()
        })
    }

    /// Whether its messages hold tags or attributes: only then are members asked for with their profiles.
    pub fn needs_profiles(&self) -> bool {
        let mut variables = self.variants.iter().flat_map(LanguageVariant::variables);
        variables.any(Variable::is_of_profile)
    }

    /// The languages it is written in, as BCP 47 tags. The first, which may be `default`, is for whoever reads none of
    /// the others.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.variants.iter().map(|variant| &*variant.tag)
    }

    /// When it disturbs nobody.
    pub fn quiet(&self) -> Option<Quiet> {
        self.quiet
    }

    /// How much any one member may be sent; `None` is no limit.
    pub fn frequency_cap(&self) -> Option<FrequencyCap> {
        self.frequency_cap
    }

    /// What to do if the month's quota does not reach for everybody.
    pub fn over_quota(&self) -> OverQuota {
        self.over_quota
    }

    /// SHA-256 of the document, to the byte.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The document itself: an occurrence keeps what it was frozen with.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The campaign as it reads for the occurrence of this moment, however late it leaves.
    pub fn edition(&self, scheduled_at: Timestamp) -> Result<Edition, CampaignError> {
        Edition::new(self, scheduled_at)
    }

    pub(crate) fn variants(&self) -> &Arc<[LanguageVariant]> {
        &self.variants
    }
}

fn variants(
    language: Option<String>,
    messages: MessageObjects,
    others: BTreeMap<String, MessageObjects>,
) -> Result<Arc<[LanguageVariant]>, Wrong> {
    let not_a_tag =
        |tag: &str| Wrong::new(format!("{tag:?} is not a language's tag such as zh-TW"));
    if let Some(tag) = language.as_deref().filter(|tag| !is_tag(tag)) {
        return Err(not_a_tag(tag).inside("language"));
    }
    let first = language.unwrap_or_else(|| DEFAULT.into());
    let mut variants =
        vec![LanguageVariant::parse(&first, messages).map_err(|wrong| wrong.inside("messages"))?];
    for (tag, objects) in others {
        let inside = |wrong: Wrong| wrong.inside(&tag).inside("variants");
        if !is_tag(&tag) {
            return Err(inside(not_a_tag(&tag)));
        }
        if variants
            .iter()
            .any(|own| own.tag.eq_ignore_ascii_case(&tag))
        {
            return Err(inside(Wrong::new("the language has messages already")));
        }
        variants.push(LanguageVariant::parse(&tag, objects).map_err(inside)?);
    }
    Ok(variants.into())
}

fn quiet(document: QuietDocument) -> Result<Quiet, Wrong> {
    let hours = QuietHours {
        from: document.from,
        until: document.until,
    };
    Quiet::parse(&hours, document.zone.as_deref(), document.then)
}

fn cap(document: &CapDocument) -> Result<FrequencyCap, Wrong> {
    if document.messages == 0 {
        return Err(Wrong::new("is at least 1").inside("messages"));
    }
    let within = span::parse(&document.within, "1m", "31d");
    Ok(FrequencyCap {
        messages: document.messages,
        within: within.map_err(|wrong| wrong.inside("within"))?,
    })
}

fn sha256(text: &str) -> [u8; 32] {
    let mut whole = [0; 32];
    whole.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    whole
}
