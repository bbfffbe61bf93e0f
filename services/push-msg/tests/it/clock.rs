//! Keys whatever the clock does.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use service_kit::Clock;
use testkit::seed::{Chances, Seeded, seeds};
use testkit::tier::Tier;

use crate::fake::line::Fault;
use crate::fake::users::line_with;
use crate::stage::{START, Stage, TODAY, moment};

const HOUR: Duration = Duration::from_hours(1);

/// The clock is set forward by 23 hours, by 25, by one, or set back by one.
fn jump(stage: &Stage, chances: &mut Chances) {
    let clock = &stage.config.clock;
    match chances.below(5) {
        0 => clock.advance(23 * HOUR),
        1 => clock.advance(25 * HOUR),
        2 => clock.advance(HOUR),
        3 => clock.set_back(HOUR),
        _ => clock.advance(Duration::from_mins(6)),
    }
}

/// A run in which LINE holds some calls back while the clock jumps.
async fn run(stage: &Stage, chances: &mut Chances) {
    let faults = (0..4).map(|_| match chances.below(6) {
        0 | 1 => Fault::Hold,
        2 => Fault::AcceptThenFail,
        3 => Fault::AcceptThenCut,
        4 => Fault::Cut,
        _ => Fault::Answer(500, "Internal"),
    });
    stage.line.next(faults.collect::<Vec<_>>());
    // Now and then LINE stays as it is to the end of the run.
    stage
        .line
        .always(chances.happens(60).then_some(Fault::AcceptThenFail));
    let app = stage.app().await;
    let mut run = tokio::spawn(async move { app.run_once().await.unwrap() });
    loop {
        tokio::select! {
            ended = &mut run => {
                ended.unwrap();
                return;
            }
            () = stage.line.hanging.notified() => {
                jump(stage, chances);
                stage.line.release.notify_one();
            }
        }
    }
}

/// Three members who read three languages: three batches.
async fn set() -> Stage {
    let stage = Stage::set(0).await;
    let languages = ["en", "th", "ja"].into_iter().zip(1..);
    let reads = |(language, n)| line_with(n, &json!({ "language": language }));
    stage.users.set_lines(languages.map(reads).collect());
    let variants = "variants: {th: [{type: text, text: a}], ja: [{type: text, text: b}]}\n";
    stage.write_campaign("today.yaml", &format!("{TODAY}language: en\n{variants}"));
    stage
}

#[tokio::test]
async fn i06_a_key_stands_for_the_same_bytes_and_for_23_hours_however_the_clock_jumps() {
    for (index, seed) in seeds(Tier::from_env().pick(8, 200)).enumerate() {
        let mut seeded = Seeded::new(seed);
        let chances = &mut seeded.chances;
        let stage = set().await;
        // A call may be on its way while the clock jumps: how old its key was the ledger tells.
        stage.line.set_clock(&Clock::manual(moment(START)));
        stage.line.always(Some(Fault::Answer(500, "Internal")));
        stage.run_and_end_campaign().await;
        if index == 0 {
            stage.pass(25 * HOUR);
        }
        for _ in 0..6 {
            run(&stage, chances).await;
            if chances.happens(50) {
                jump(&stage, chances);
            }
        }
        stage.line.always(None);
        stage.run().await;
        stage.pass(24 * HOUR);
        stage.run().await;
        let open = "select count(*) from occurrence where finished_at is null";
        assert_eq!(stage.ledger(open).await, 0);
        stage.line.assert_rules_kept();
        assert!(stage.line.received().values().all(|times| *times == 1));
        assert_named_under_one_key(&stage);
        let old = "select count(*) from batch where last_attempt_at >= first_attempt_at + 82800000";
        assert_eq!(stage.ledger(old).await, 0);
        let in_doubt = "select count(*) from batch where state = 'in_doubt'";
        let in_doubt = stage.ledger(in_doubt).await;
        assert!(index > 0 || in_doubt > 0, "LINE never answered");
    }
}

/// Whoever is in doubt is left at that.
fn assert_named_under_one_key(stage: &Stage) {
    let mut keys: HashMap<String, String> = HashMap::new();
    for call in stage.line.calls() {
        for user in call.to() {
            let key = keys.entry(user).or_insert_with(|| call.key.clone());
            assert_eq!(*key, call.key, "another key");
        }
    }
}
