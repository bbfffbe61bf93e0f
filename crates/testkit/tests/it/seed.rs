//! Runs that can be had again.

use std::process::Command;

use testkit::seed::{Seeded, seeds};

#[test]
fn a_seed_gives_the_same_chances_again() {
    let run = |seed| {
        let mut run = Seeded::new(seed);
        let mut order: Vec<_> = (0..50).collect();
        run.chances.shuffle(&mut order);
        let others = run.chances.fork().below(1_000_000);
        (order, others, run.chances.happens(50))
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    assert_eq!(Seeded::new(7).chances.below(0), 0);
    assert!(!Seeded::new(7).chances.happens(0));
    assert!(Seeded::new(7).chances.happens(100));
}

#[test]
#[ignore = "fails on purpose: the test below runs it and reads what it says"]
fn a_run_that_fails() {
    for seed in seeds(1) {
        let run = Seeded::new(seed);
        assert_eq!(run.seed(), 0, "on purpose");
    }
}

#[test]
fn a_failed_run_says_how_to_see_it_again() {
    let failed = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "seed::a_run_that_fails"])
        .arg("--nocapture")
        .envs([("TEST_SEED", "42"), ("TEST_TIER", "full")])
        .env("TEST_DATABASE", "postgres")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&failed.stderr);
    let replay = "TEST_DATABASE=postgres TEST_TIER=full TEST_SEED=42 cargo nextest run -p testkit \
                  -E 'test(=seed::a_run_that_fails)'";
    assert!(!failed.status.success());
    assert!(said.contains(replay), "{said}");
}
