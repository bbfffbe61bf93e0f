//! A dry run: what the next occurrence would come to.

use std::collections::{BTreeMap, HashSet};

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _};
use line_api::UserId;
use line_api::messaging::{MAX_RECIPIENTS, SendKind};
use serde::Serialize;
use service_kit::database::DatabaseConfig;
use service_kit::{Timestamp, telemetry};
use users_client::{AudienceMember, AudiencePreview};
use uuid::Uuid;

use super::Desk;
use super::desk::explain;
use crate::OpenError;
use crate::campaign::{Campaign, OverQuota, Zone};
use crate::cap::{SATED, sated};
use crate::compose::{Edition, Moment, Variant};
use crate::store::Store;

/// How many occurrences are shown.
const RUNS: usize = 5;
/// Members looked up in the ledger at once.
const CHUNK: usize = 1000;

/// What would happen, without a name in it.
#[derive(Debug, Serialize)]
pub(crate) struct Plan {
    pub(super) campaign: String,
    /// The next five occurrences.
    pub(super) runs: Vec<Timestamp>,
    /// Whose clock the operator goes by.
    pub(super) zone: Zone,
    /// How many of the audience live by which clock.
    pub(super) member_zones: BTreeMap<String, u64>,
    /// What the members' API says of the audience.
    pub(super) audience: AudiencePreview,
    /// Who would get the next occurrence.
    pub(super) recipients: u64,
    /// By language of the messages.
    pub(super) languages: BTreeMap<String, u64>,
    /// Who of the audience would not, by reason.
    pub(super) left_out: BTreeMap<String, u64>,
    /// Who of the recipients would get it after their quiet hours.
    pub(super) waiting: u64,
    /// Calls to LINE.
    pub(super) calls: u64,
    /// What is left of the month's quota; `null` is no limit.
    pub(super) quota_left: Option<u64>,
    /// For how many recipients it does not reach.
    pub(super) over_quota: u64,
    /// What stands against it.
    pub(super) problems: Vec<String>,
}

impl Plan {
    /// Whether nothing stands against it.
    pub(crate) fn is_fine(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Asks the members' API for the audience, LINE for quota and verdict, and, if the campaign has a frequency cap, the ledger for
/// what members had already. Sends nothing.
pub(crate) async fn plan(
    desk: &Desk,
    campaign: &Campaign,
    zone: Option<Zone>,
    database: &DatabaseConfig,
) -> anyhow::Result<Plan> {
    let now = desk.clock.now();
    let runs = campaign.schedule().next(now, RUNS);
    let at = runs.first().copied().unwrap_or(now);
    let edition = campaign.edition(at)?;
    let request = campaign.audience_request();
    let mut plan = Plan {
        campaign: campaign.name().to_owned(),
        zone: zone.unwrap_or_else(|| campaign.schedule().zone()),
        member_zones: BTreeMap::new(),
        audience: desk.users.preview(&request).await.map_err(explain)?,
        recipients: 0,
        languages: BTreeMap::new(),
        left_out: BTreeMap::new(),
        waiting: 0,
        calls: 0,
        quota_left: None,
        over_quota: 0,
        problems: Vec::new(),
        runs,
    };
    let ledger = ledger(campaign, database).await.unwrap_or_else(|error| {
        plan.problems
            .push(format!("the frequency cap cannot be judged: {error:#}"));
        None
    });
    let members = desk.members(campaign, &request).await?;
    let mut members = members.try_ready_chunks(CHUNK);
    let mut shared = BTreeMap::new();
    while let Some(chunk) = members.next().await {
        let chunk = chunk.map_err(|broken| broken.1)?;
        let sated = match &ledger {
            Some(ledger) => sated(ledger, campaign, &chunk, at).await?,
            None => HashSet::new(),
        };
        plan.count(&edition, at, &chunk, &sated, &mut shared);
    }
    plan.calls = calls(&shared);
    plan.ask_line(desk, &edition, campaign.over_quota()).await;
    plan.judge();
    Ok(plan)
}

impl Plan {
    /// Counts some members more, and how many share each call.
    fn count(
        &mut self,
        edition: &Edition,
        at: Timestamp,
        members: &[AudienceMember],
        sated: &HashSet<Uuid>,
        shared: &mut BTreeMap<Variant, u64>,
    ) {
        for member in members {
            let own_zone = member.time_zone.as_deref();
            let in_zone = own_zone.map_or_else(|| "unknown".to_owned(), str::to_owned);
            *self.member_zones.entry(in_zone).or_default() += 1;
            match self.fate(edition, member, sated.contains(&member.member_id), at) {
                Ok((variant, language)) => {
                    self.recipients += 1;
                    *self.languages.entry(language).or_default() += 1;
                    *shared.entry(variant).or_default() += 1;
                }
                Err(reason) => *self.left_out.entry(reason).or_default() += 1,
            }
        }
    }

    fn fate(
        &mut self,
        edition: &Edition,
        member: &AudienceMember,
        is_sated: bool,
        at: Timestamp,
    ) -> Result<(Variant, String), String> {
        if UserId::parse(member.luid.as_str()).is_err() {
            return Err("not a LINE user ID".into());
        }
        if is_sated {
            return Err(SATED.into());
        }
        let composed = edition.compose(member).map_err(|why| why.to_string())?;
        let own = member.quiet_hours.as_ref();
        match edition.moment_for(member.time_zone.as_deref(), own, at) {
            Moment::Now => {}
            Moment::Later(_) => self.waiting += 1,
            Moment::Never(why) => return Err(why.to_owned()),
        }
        Ok((composed.variant, composed.language.to_string()))
    }

    /// What LINE says, as far as it answers.
    async fn ask_line(&mut self, desk: &Desk, edition: &Edition, over_quota: OverQuota) {
        match desk.quota_left().await {
            Ok(left) => self.quota_left = left,
            Err(error) => self.problem("the quota", &error),
        }
        let left = self.quota_left.unwrap_or(u64::MAX);
        self.over_quota = self.recipients.saturating_sub(left);
        if self.over_quota > 0 && over_quota == OverQuota::Refuse {
            let need = self.recipients;
            self.problems.push(format!(
                "the month's quota has {left} messages left and {need} are needed: nobody would get it"
            ));
        }
        for (language, messages) in edition.samples() {
            let kind = SendKind::Multicast;
            if let Err(error) = desk.line.validate(kind, &messages).await {
                self.problem(&format!("the messages in {language}"), &error);
            }
        }
    }

    fn problem(&mut self, what: &str, error: &(dyn std::error::Error + 'static)) {
        self.problems
            .push(format!("{what}: {}", telemetry::chain(error)));
    }

    fn judge(&mut self) {
        if self.runs.is_empty() {
            self.problems.push("the schedule lies in the past".into());
        }
        if self.recipients == 0 {
            self.problems.push("nobody would get it".into());
        }
    }
}

/// What members had already, if the campaign caps it and anything was ever sent.
async fn ledger(campaign: &Campaign, database: &DatabaseConfig) -> anyhow::Result<Option<Store>> {
    if campaign.frequency_cap().is_none() {
        return Ok(None);
    }
    match Store::open_beside(&database.url()?).await {
        Err(OpenError::NoLedger) => Ok(None),
        opened => opened.map(Some).context("the ledger is not to be had"),
    }
}

fn calls(shared: &BTreeMap<Variant, u64>) -> u64 {
    shared
        .iter()
        .map(|(variant, count)| match variant {
            Variant::Personal => *count,
            Variant::Shared(_) => count.div_ceil(MAX_RECIPIENTS as u64),
        })
        .sum()
}
