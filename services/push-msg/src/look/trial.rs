//! A trial: the messages, to the test list alone.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _};
use line_api::UserId;
use line_api::messaging::{Error, Message, Messages, Push, RetryKey};
use service_kit::telemetry;
use uuid::Uuid;

use super::Desk;
use crate::campaign::Campaign;

/// A longer test list is likely a segment that says more than was meant.
const MOST: usize = 50;
/// The same bytes and key go out so often, while LINE does not answer.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// What came of a trial, by member.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    outcomes: Vec<(Uuid, Result<(), String>)>,
}

impl Trial {
    /// Whether LINE accepted all of it, and there was somebody to send to.
    pub(crate) fn is_fine(&self) -> bool {
        !self.outcomes.is_empty() && self.outcomes.iter().all(|(_, outcome)| outcome.is_ok())
    }
}

/// Sends the campaign as it would read now to its test list, whatever its schedule and quiet hours. Each trial is a
/// send of its own: nothing of it is in the ledger.
///
/// # Errors
///
/// If there is no test list, it is not to be had, or it names too many. Then nothing was sent.
pub(crate) async fn trial(desk: &Desk, campaign: &Campaign) -> anyhow::Result<Trial> {
    let request = campaign
        .test_request()
        .context("the campaign has no test_list")?;
    let members = desk.members(campaign, &request).await?;
    let members: Vec<_> = members.take(MOST + 1).try_collect().await?;
    ensure!(
        members.len() <= MOST,
        "the test list names more than {MOST} members; nothing was sent"
    );
    let edition = campaign.edition(desk.clock.now())?;
    let mut trial = Trial::default();
    for member in members {
        let sent = match (
            UserId::parse(member.luid.as_str()),
            edition.compose(&member),
        ) {
            (Err(_), _) => Err("not a LINE user ID".to_owned()),
            (_, Err(why)) => Err(why.to_string()),
            (Ok(to), Ok(composed)) => {
                let parts = under_banner(campaign.name(), &composed.messages)?;
                send_all(desk, &to, parts)
                    .await
                    .map_err(|error| telemetry::chain(&error))
            }
        };
        trial.outcomes.push((member.member_id, sent));
    }
    Ok(trial)
}

/// What is sent together, under a text that says what it is. Where there are five messages the text goes before them.
fn under_banner(campaign: &str, messages: &Messages) -> anyhow::Result<Vec<Messages>> {
    let text = format!("[TEST] Campaign {campaign}: only its test list reads this.");
    let banner = Message::text(text)?;
    let mut whole = vec![banner];
    whole.extend_from_slice(messages.as_slice());
    if let Ok(together) = Messages::new(whole.clone()) {
        return Ok(vec![together]);
    }
    whole.truncate(1);
    Ok(vec![Messages::new(whole)?, messages.clone()])
}

async fn send_all(desk: &Desk, to: &UserId, parts: Vec<Messages>) -> Result<(), Error> {
    for messages in parts {
        let body = Push::new(to, messages).to_bytes();
        let key = RetryKey::random();
        let mut attempt = 1;
        while let Err(error) = desk.line.push_bytes(body.clone(), key).await {
            if attempt == ATTEMPTS || !error.is_transient() {
                return Err(error);
            }
            tokio::time::sleep(PAUSE * attempt).await;
            attempt += 1;
        }
    }
    Ok(())
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (member, outcome) in &self.outcomes {
            match outcome {
                Ok(()) => writeln!(f, "{member}  accepted")?,
                Err(why) => writeln!(f, "{member}  ! {why}")?,
            }
        }
        if self.outcomes.is_empty() {
            writeln!(
                f,
                "! nobody is on the test list who consents to the purpose"
            )?;
        }
        Ok(())
    }
}
