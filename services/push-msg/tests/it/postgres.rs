//! T5a: two pushers on one server, killed, stopped past their lease, and answered badly: every member gets it exactly once
//! (I-5, I-6).

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::process::{Process, Program};
use testkit::seed::{Seeded, seeds};
use testkit::tier::Tier;
use tokio::time::sleep;

use crate::fake::users::{line, line_with};
use crate::stage::Stage;

/// Of an occurrence, in seconds, so that what a dead pusher held is soon free.
const LEASE: &str = "0.3";
/// Between two kills, give or take three quarters.
const INTERVAL: u64 = 200;
const PATIENCE: Duration = Duration::from_mins(5);
/// So many kills while the recipients are frozen; the others come later.
const WHILE_FREEZING: u32 = 4;
const MADE: &str = "select count(*) from information_schema.tables where table_name = 'occurrence'";
const FROZEN: &str = "select count(*) from occurrence where state <> 'planned'";
const OVER: &str = "select count(*) from occurrence where state = 'sent'";

struct Size {
    members: u32,
    kills: u32,
    seeds: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5a_two_pushers_that_are_killed_and_stopped_send_once_to_everybody() {
    let size = Tier::from_env().pick(
        Size {
            members: 2_000,
            kills: 60,
            seeds: 1,
        },
        Size {
            members: 20_000,
            kills: 400,
            seeds: 20,
        },
    );
    for seed in seeds(size.seeds) {
        one_seed(&size, Seeded::new(seed)).await;
    }
}

async fn one_seed(size: &Size, mut seeded: Seeded) {
    let chances = &mut seeded.chances;
    let stage = Stage::set(size.members).await;
    // Every fourth member gets a push of their own.
    stage.write_due(&[("th", "Hi {name|you}")]);
    let thai = json!({"language": "th", "display_name": "Somebody"});
    let members = (1..=size.members).map(|n| {
        if n % 4 == 0 {
            line_with(n, &thai)
        } else {
            line(n)
        }
    });
    stage.users.set_lines(members.collect());
    stage.line.set_chaos(Some((30, chances.fork())));
    let program = stage
        .program()
        .env("INTERNAL_ADDR", "127.0.0.1:0")
        .env("PUSH_LEASE", LEASE)
        .arg("serve");
    let begin = Instant::now();
    let mut pushers = [program.start().unwrap(), program.start().unwrap()];
    let mut stopped = 0;
    for kill in 0..size.kills {
        let pause = INTERVAL / 4 + chances.below(INTERVAL * 3 / 2);
        sleep(Duration::from_millis(pause)).await;
        let chosen = usize::try_from(chances.below(2)).unwrap();
        if kill % 10 == 9 {
            stopped += u32::from(outlive_lease(&mut pushers[chosen]).await);
        }
        pushers[chosen].kill_9();
        pushers[chosen] = program.start().unwrap();
        if kill == WHILE_FREEZING {
            // Whoever is killed that early gets no further.
            until(&stage, MADE, &program, &mut pushers).await;
            until(&stage, FROZEN, &program, &mut pushers).await;
        }
    }
    stage.line.set_chaos(None);
    let calls = stage.line.calls().len();
    until(&stage, OVER, &program, &mut pushers).await;
    drop(pushers);
    stage.line.assert_each_once(size.members);
    eprintln!(
        "T5a, seed {}: {} members, {} kills, {stopped} stops past the lease, {calls} calls under fire, {} in all; each member \
         exactly once, in {:.1?}",
        seeded.seed(),
        size.members,
        size.kills,
        stage.line.calls().len(),
        begin.elapsed()
    );
}

/// Waits until the ledger says so. A pusher that gave LINE a rest, or that found the lease taken, looks again only later: a new
/// one comes now and then.
async fn until(stage: &Stage, question: &'static str, program: &Program, pushers: &mut [Process]) {
    let begin = Instant::now();
    let mut fresh = Instant::now();
    while stage.ledger(question).await == 0 {
        let late = begin.elapsed() > PATIENCE;
        assert!(!late, "not within {PATIENCE:?}: {}", program.said());
        sleep(Duration::from_millis(100)).await;
        if fresh.elapsed() > Duration::from_secs(12) {
            fresh = Instant::now();
            pushers[0].kill_9();
            pushers[0] = program.start().unwrap();
        }
    }
}

/// Stops a pusher in the middle of whatever it does, until somebody else has taken over, and lets it go on for a moment.
async fn outlive_lease(pusher: &mut Process) -> bool {
    if pusher.pause().is_err() {
        return false;
    }
    sleep(Duration::from_millis(600)).await;
    let went_on = pusher.resume().is_ok();
    sleep(Duration::from_millis(50)).await;
    went_on
}
