//! I-17, by the very manifests: the database of all parts is away for a while, and what was answered 200 is not lost.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use testkit::tier::Tier;
use tokio_util::sync::CancellationToken;

use super::super::event::Number;
use super::super::inbox::Inbox;
use super::super::load::Load;
use super::super::outside::Outside;
use super::super::rig::until;
use super::super::sender::{Post, signature};
use super::super::verdict::Verdict;
use super::rig::{Cluster, HOST};
use crate::website::{Visitor, journey};

/// Requests of LINE in a second.
const RATE: (u32, u32) = (25, 50);
/// How long the database is away.
const AWAY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));
/// Everything is as it was so long after the database is back.
const RECOVERY: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(5));
const SETTLING: Duration = Duration::from_mins(2);
/// The event that is sent until it is taken.
const PROBES: Number = 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i17_a_database_that_was_away_loses_nothing_and_nobody_is_started_again() {
    let tier = Tier::from_env();
    let outside = Outside::start().await;
    let mut cluster = Cluster::before(&outside).await;
    let load = Load::through(
        cluster.ingress.client(HOST),
        cluster.ingress.websecure.port(),
        HOST,
    );
    let pace = Duration::from_secs(1) / tier.pick(RATE.0, RATE.1);
    let away = tier.pick(AWAY.0, AWAY.1);

    let done = CancellationToken::new();
    let probe = load.clone();
    let postgres = &mut cluster.postgres;
    let outage = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        postgres.kill_9();
        tokio::time::sleep(away).await;
        postgres.start_again().unwrap();
        let back = Instant::now();
        let post = Post::of([PROBES]);
        until(SETTLING, "200", async || {
            let answer = probe.post(post.body.clone(), &signature(&post.body)).await;
            answer.is_ok_and(|(status, _)| status == StatusCode::OK)
        })
        .await;
        let recovered = back.elapsed();
        tokio::time::sleep(Duration::from_secs(2)).await;
        done.cancel();
        recovered
    };
    let (recovered, answers) = tokio::join!(outage, load.send_until(&done, pace));
    let refusals = answers.times(StatusCode::SERVICE_UNAVAILABLE);
    eprintln!(
        "I-17: the database was away for {away:?}; {answers}; 200 again {recovered:.1?} after it was back"
    );
    assert!(refusals.len() > 10, "{answers}");
    let others: Vec<_> = answers
        .failed()
        .filter(|answer| answer.status != Ok(StatusCode::SERVICE_UNAVAILABLE))
        .take(10)
        .collect();
    if answers.are_on_time() {
        assert!(others.is_empty(), "{others:#?}");
        assert!(
            refusals.per_mille(990) < tier.pick(Duration::from_secs(3), Duration::from_secs(1))
        );
        assert!(
            recovered < tier.pick(RECOVERY.0, RECOVERY.1),
            "{recovered:?}"
        );
    }

    let inbox = Inbox::of(cluster.settings.database("webhook"));
    let sent = load.redeliver(&answers, &inbox).await;
    let count = Number::try_from(answers.len()).unwrap();
    let rows = inbox.rows().await;
    let verdict = Verdict::among(0..count, rows, &outside, &sent, &HashMap::new());
    eprintln!("I-17: {verdict}");

    // The website goes on as well, by the same processes.
    let person = cluster.sim.add("Mei", "en").await.unwrap();
    let ingress = &cluster.ingress;
    let visitor = Visitor::through(ingress.client(HOST), ingress.websecure.port(), HOST);
    journey(&visitor, &cluster.sim, &person.id, "Mei").await;
}
