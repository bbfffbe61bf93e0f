//! T5b: killed at every single system call that others can see the traces of, a send is neither lost nor doubled (I-5). What
//! is outside a process changes by its system calls alone: these are all the points at which a crash can be told from another.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::strace;
use testkit::tier::Tier;

use crate::fake::users::{line, line_with};
use crate::stage::Stage;

const PATIENCE: Duration = Duration::from_mins(1);

/// Three members, each of whom reads another language: three batches.
async fn set(languages: &[&str]) -> Stage {
    let stage = Stage::set(0).await;
    let reads = |(n, language): (u32, &&str)| line_with(n, &json!({ "language": language }));
    let others = (2..).zip(languages).map(reads);
    stage
        .users
        .set_lines([line(1)].into_iter().chain(others).collect());
    let variants: Vec<_> = languages.iter().map(|tag| (*tag, "Hi")).collect();
    stage.write_due(&variants);
    stage
}

fn file(stage: &Stage) -> PathBuf {
    use secrecy::ExposeSecret as _;
    let url = stage.config.database.url().unwrap();
    url.expose_secret().trim_start_matches("sqlite://").into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t5b_a_kill_at_every_system_call_neither_loses_nor_doubles() {
    let tier = Tier::from_env();
    let languages: &[&str] = tier.pick(&[], &["th", "ja"]);
    // Where there is time, the making of the ledger is part of it.
    let folder = tempfile::tempdir().unwrap();
    let made = tier.pick(Some(made(folder.path()).await), None);
    let begin = Instant::now();
    let mut points = Vec::new();
    let mut total = 0;
    for call in strace::CALLS {
        let mut count = 0;
        while was_killed(languages, made.as_deref(), call, count + 1).await {
            count += 1;
        }
        total += count;
        points.push(format!("{call} {count}"));
    }
    eprintln!(
        "T5b, {} batches: killed at {total} points, every call of {}; 0 lost, 0 doubled, in {:.1?}",
        languages.len() + 1,
        points.join(", "),
        begin.elapsed()
    );
    assert!(total > 20, "a send does more than that: {total}");
}

/// A ledger as a run with nothing to do leaves it.
async fn made(folder: &Path) -> PathBuf {
    let stage = Stage::set(0).await;
    stage.remove_campaign("today.yaml");
    stage.run().await;
    assert_eq!(stage.ledger("select count(*) from occurrence").await, 0);
    let copy = folder.join("made.db");
    std::fs::copy(file(&stage), &copy).unwrap();
    copy
}

/// Runs a program that is killed at one point, then one that is not, and looks what came of it. Says whether the first came
/// to that point.
async fn was_killed(languages: &[&str], made: Option<&Path>, call: &str, when: u32) -> bool {
    let stage = set(languages).await;
    if let Some(made) = made {
        std::fs::copy(made, file(&stage)).unwrap();
    }
    let kill = format!("killed at {call} {when}");
    let run = stage.program().arg("run").arg("--once");
    // strace counts by thread.
    let traced = run
        .clone()
        .env("TOKIO_WORKER_THREADS", "1")
        .under(strace::killing_at(call, when));
    let ended = traced.start().unwrap().exit(PATIENCE).await.unwrap();
    let ended = ended.code();
    assert!(
        matches!(ended, None | Some(0 | 137)),
        "{kill}: {ended:?} {}",
        traced.said()
    );
    let after = run.start().unwrap().exit(PATIENCE).await.unwrap();
    assert!(after.success(), "{kill}: {}", run.said());
    let members = u32::try_from(languages.len()).unwrap() + 1;
    stage.line.assert_each_once(members);
    let over = "select count(*) from occurrence where state = 'sent'";
    assert_eq!(stage.ledger(over).await, 1, "{kill}");
    ended != Some(0)
}
