//! Whoever is gone before a batch is begun is not in it, at whatever moment they went.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::seed::{Seeded, seeds};
use testkit::tier::Tier;
use uuid::Uuid;

use crate::fake::line::Fault;
use crate::fake::users::{self, Held};
use crate::rate::{self, MULTICASTS_PER_SECOND};
use crate::stage::{Stage, TODAY};

/// They all get pushes of their own, in waves of 1, 2, 2, 4 and so on.
const MEMBERS: u32 = 24;

/// Where a send stands when somebody goes.
#[derive(Debug, Clone, Copy)]
enum Barrier {
    /// The recipients are written down, and their end is not known yet.
    Freezing,
    /// The members' API is asked, for this wave, who may still be written to.
    Checking(u64),
    /// This call is made, and others beside it.
    Calling(usize),
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
        let lines = (1..=MEMBERS).map(|n| users::line_with(n, &named));
        stage.users.set_lines(lines.collect());
        let barrier = match chances.below(4) {
            0 => Barrier::Freezing,
            1 => Barrier::Checking(chances.below(5)),
            _ => Barrier::Calling(usize::try_from(chances.below(12)).unwrap()),
        };
        let (reached, open) = match barrier {
            Barrier::Freezing => stage.users.hold(Held::Audience, 0),
            Barrier::Checking(wave) => stage.users.hold(Held::Check, wave),
            Barrier::Calling(call) => {
                let fine = std::iter::repeat_n(Fault::Html, call);
                stage.line.next(fine.chain([Fault::Hold]));
                (stage.line.hanging.clone(), stage.line.release.clone())
            }
        };
        let sends = app.clone();
        let run = tokio::spawn(async move { sends.run_once().await.unwrap() });
        reached.notified().await;
        let now = stage.config.clock.now();
        let erased_at = chances.happens(50).then_some(now);
        let gone = stage.users.lose_unchecked(chances, erased_at);
        stage.pass(Duration::from_millis(1));
        open.notify_one();
        let report = run.await.unwrap();
        assert!(report.is_fine(), "{report}");
        let gone_too = u32::from(gone.is_some());
        assert_eq!(
            report.recipients_accepted,
            u64::from(MEMBERS - gone_too),
            "round {round}, {barrier:?}: {report}"
        );
        if let Some(gone) = gone {
            let begun = begun_after(&stage, gone, now.as_millis()).await;
            assert_eq!(begun, 0, "round {round}: {gone} went while {barrier:?}");
        }
        stage.pass(Duration::from_mins(5));
    }
}

/// How many batches with this member alone were begun after that moment.
async fn begun_after(stage: &Stage, member: u32, at: i64) -> i64 {
    let id = Uuid::from_u128(member.into()).simple();
    let id = if stage.is_shared() {
        format!("'\\x{id}'")
    } else {
        format!("x'{id}'")
    };
    let begun = "select count(*) from batch where first_attempt_at";
    let ever = format!("{begun} >= 0 and members <> {id}");
    assert!(
        stage.ledger(&ever).await > 0,
        "the others are found like this"
    );
    stage
        .ledger(&format!("{begun} > {at} and members = {id}"))
        .await
}

/// While calls wait for their turn, people go.
#[tokio::test]
async fn i12_who_may_still_be_written_to_is_asked_when_the_turn_has_come() {
    let stage = Stage::set(0).await;
    rate::stage_a_hundred(&stage);
    let begun = Instant::now();
    assert!(stage.run().await.is_fine());
    let mut before = 0;
    for (asked_at, batches) in stage.users.checks() {
        let turn = Duration::from_secs(1) * before / MULTICASTS_PER_SECOND;
        assert!(asked_at - begun >= turn, "after {before} calls");
        before += u32::try_from(batches).unwrap();
    }
    assert_eq!(before, 100);
}
