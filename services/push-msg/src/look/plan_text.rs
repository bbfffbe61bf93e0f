//! A plan as people read it.

use std::fmt::{self, Write as _};

use chrono_tz::Tz;

use super::Plan;
use crate::campaign::Zone;

/// So many clocks of members are shown beside the operator's.
const ZONES: usize = 2;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excluded = &self.audience.excluded;
        let reasons = [
            (excluded.leaving, "leaving"),
            (excluded.blocked, "blocked the bot"),
            (excluded.no_consent, "do not consent"),
            (excluded.not_subscribed, "not subscribed"),
        ];
        let named = self.audience.reached + reasons.iter().map(|(count, _)| count).sum::<u64>();
        writeln!(f, "{}", self.campaign)?;
        row(
            f,
            "audience",
            format_args!("{} of {named} members", self.audience.reached),
        )?;
        for (count, why) in reasons.into_iter().filter(|(count, _)| *count > 0) {
            row(f, "", format_args!("without {count}: {why}"))?;
        }
        row(f, "recipients", format_args!("{}", self.recipients))?;
        for (language, count) in &self.languages {
            row(f, "", format_args!("{count} read {language}"))?;
        }
        if self.waiting > 0 {
            let waiting = self.waiting;
            row(f, "", format_args!("{waiting} after their quiet hours"))?;
        }
        for (why, count) in &self.left_out {
            row(f, "", format_args!("without {count}: {why}"))?;
        }
        row(f, "calls to LINE", format_args!("{}", self.calls))?;
        match self.quota_left {
            Some(left) => row(
                f,
                "cost",
                format_args!("{} of the {left} messages left this month", self.recipients),
            )?,
            None => row(f, "cost", format_args!("{} messages", self.recipients))?,
        }
        if self.over_quota > 0 {
            let over = self.over_quota;
            row(f, "", format_args!("not enough for {over} recipients"))?;
        }
        self.runs(f)?;
        for problem in &self.problems {
            writeln!(f, "  ! {problem}")?;
        }
        Ok(())
    }
}

impl Plan {
    /// The next occurrences, by the operator's clock and by those of most members.
    fn runs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members: Vec<_> = self
            .member_zones
            .iter()
            .filter_map(|(name, count)| Some((Zone::Named(name.parse::<Tz>().ok()?), count)))
            .filter(|(zone, _)| *zone != self.zone)
            .collect();
        members.sort_by(|(_, one), (_, other)| other.cmp(one));
        members.truncate(ZONES);
        for (index, run) in self.runs.iter().enumerate() {
            let title = if index == 0 { "next runs" } else { "" };
            let mut line = format!("{} {}", self.zone.show(*run), self.zone);
            for (zone, count) in &members {
                let at = zone.show(*run);
                write!(line, "; {at} {zone} (for {count})")?;
            }
            row(f, title, format_args!("{line}"))?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, title: &str, text: fmt::Arguments<'_>) -> fmt::Result {
    writeln!(f, "  {title:<15}{text}")
}
