//! Whoever is gone before a batch is begun is not in it, at whatever moment they went.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use testkit::seed::{Seeded, seeds};
use testkit::tier::Tier;
use uuid::Uuid;

use crate::fake::line::Fault;
use crate::fake::users::{self, Held};
use crate::stage::{Stage, TODAY};

/// They all get pushes of their own. So many are asked about together.
const MEMBERS: u64 = 24;
const WAVE: u64 = 20;

/// Where a send stands when somebody goes.
#[derive(Debug, Clone, Copy)]
enum Barrier {
    /// The recipients are written down, and their end is not known yet.
    Freezing,
    /// The members' API was asked who may still be written to.
    Checking,
    /// The first call is made.
    Calling,
}

#[tokio::test]
async fn i12_nobody_is_in_a_batch_that_is_begun_after_they_went() {
    let rounds = Tier::from_env().pick(30, 1000);
    let mut seeded = Seeded::new(seeds(1).next().unwrap());
    let chances = &mut seeded.chances;
    let stage = Stage::set(0).await;
    let personal = TODAY.replace("Today is {date}.", "Hi {name|you}.");
    stage.write_campaign("today.yaml", &personal);
    let app = Arc::new(stage.app().await);
    for round in 0..rounds {
        let named = json!({"display_name": "Somebody"});
        let lines: Vec<_> = (1..=u32::try_from(MEMBERS).unwrap())
            .map(|n| users::line_with(n, &named))
            .collect();
        stage.users.set_lines(lines.clone());
        let barrier = [Barrier::Freezing, Barrier::Checking, Barrier::Calling]
            [usize::try_from(chances.below(3)).unwrap()];
        let first = match barrier {
            Barrier::Freezing | Barrier::Checking => 1,
            // Of those who are asked about with the first, some are begun already.
            Barrier::Calling => 1 + WAVE,
        };
        let gone = u32::try_from(first + chances.below(MEMBERS + 1 - first)).unwrap();
        let (reached, open) = match barrier {
            Barrier::Freezing => stage.users.hold(Held::Audience),
            Barrier::Checking => stage.users.hold(Held::Check),
            Barrier::Calling => {
                stage.line.next([Fault::Hold]);
                (stage.line.hanging.clone(), stage.line.release.clone())
            }
        };
        let sends = app.clone();
        let run = tokio::spawn(async move { sends.run_once().await.unwrap() });
        reached.notified().await;
        if chances.happens(50) {
            stage.users.lose(gone, "erased", stage.config.clock.now());
        } else {
            // A consent, a topic or a friendship that is gone is in no feed.
            let mut lines = lines;
            lines.remove(usize::try_from(gone).unwrap() - 1);
            stage.users.set_lines(lines);
        }
        let gone_at = stage.config.clock.now().as_millis();
        stage.pass(Duration::from_millis(1));
        open.notify_one();
        let report = run.await.unwrap();
        assert!(report.is_fine(), "{report}");
        let begun_later = format!(
            "select count(*) from recipient join batch on batch.occurrence_id = recipient.occurrence_id
                 and batch.number = recipient.batch
             where member_id = '{}' and first_attempt_at > {gone_at}",
            Uuid::from_u128(gone.into())
        );
        assert_eq!(
            stage.ledger(&begun_later).await,
            0,
            "round {round}: {gone} went while {barrier:?}"
        );
        assert_eq!(report.recipients_accepted, MEMBERS - 1, "{report}");
        stage.pass(Duration::from_mins(5));
    }
}
