//! I-14, by the very manifests: every part is replaced while LINE and visitors come, and nobody notices.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::join_all;
use testkit::tier::Tier;
use tokio_util::sync::CancellationToken;

use super::super::event::Number;
use super::super::inbox::Inbox;
use super::super::load::Load;
use super::super::outside::Outside;
use super::super::rig::until;
use super::super::sender::{Post, Sender};
use super::super::verdict::Verdict;
use super::rig::{Cluster, HOST};
use super::visitors::visit_until;

/// Requests of LINE in a second.
const RATE: (u32, u32) = (25, 100);
const SETTLING: Duration = Duration::from_mins(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i14_a_rollout_of_everything_is_seen_by_nobody() {
    let tier = Tier::from_env();
    let turns = tier.pick(1, 3);
    let outside = Outside::start().await;
    let mut cluster = Cluster::before(&outside).await;
    let (settings, ingress, sim) = (&cluster.settings, &cluster.ingress, &cluster.sim);
    let load = Load::through(ingress.client(HOST), ingress.websecure.port(), HOST);
    let pace = Duration::from_secs(1) / tier.pick(RATE.0, RATE.1);

    let done = CancellationToken::new();
    let rolling = async {
        let mut exits = Vec::new();
        for _ in 0..turns {
            let parts = cluster.pods.iter_mut();
            let parts = parts.map(|(part, pods)| settings.roll(part, pods, ingress));
            exits.extend(join_all(parts).await.concat());
        }
        done.cancel();
        exits
    };
    let (exits, answers, (journeys, disturbed)) = tokio::join!(
        rolling,
        load.send_until(&done, pace),
        visit_until(&done, ingress, sim.clone())
    );
    eprintln!(
        "I-14: {} replicas replaced, each exited 0 within {:.1?}; {answers}; {journeys} visitors from the first page to goodbye, {disturbed} disturbed",
        exits.len(),
        exits.iter().max().unwrap()
    );
    // A machine with too much else to do makes pages late: then LINE and visitors come again.
    if answers.are_on_time() {
        let failed: Vec<_> = answers.failed().take(10).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        assert_eq!(disturbed, 0);
    }
    assert!(journeys > 0);

    let inbox = Inbox::of(cluster.settings.database("webhook"));
    let sender = Sender::new([cluster.pods["webhook"][0].public]);
    for failed in answers.failed() {
        let post = Post::of([failed.event]);
        sender.post(cluster.pods["webhook"][0].public, &post).await;
    }
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
    let mut sent = std::mem::take(&mut *sender.sent());
    sent.answered.extend(answers.accepted());
    let count = Number::try_from(answers.len()).unwrap();
    let verdict = Verdict::of(0..count, &inbox, &outside, &sent, &HashMap::new()).await;
    eprintln!("I-14: {verdict}");
}
