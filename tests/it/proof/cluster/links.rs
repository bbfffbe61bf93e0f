//! I-16: links are cut, and LINE sees none of it. Every part has a replica on each of two nodes; whoever is on the one that
//! is cut off hears nothing, not even a refusal, from the ingress, the database, LINE and the others.

use std::ops::Range;
use std::time::{Duration, Instant};

use testkit::Network;
use testkit::tier::Tier;
use tokio_util::sync::CancellationToken;

use super::super::event::Number;
use super::super::inbox::Inbox;
use super::super::load::{Load, Times};
use super::super::outside::Outside;
use super::super::verdict::Verdict;
use super::pod::Pod;
use super::rig::{Cluster, HOST, Pods, life_on};
use super::visitors::visit_until;

/// Requests of LINE in a second.
const RATE: (u32, u32) = (25, 50);
const CUTS: (u8, u8) = (2, 20);
/// A link is cut for so long: less than a cluster takes to see it, so that nobody tells the ingress.
const AWAY: Duration = Duration::from_secs(5);
/// Between two cuts.
const CALM: Duration = Duration::from_secs(2);
/// LINE gives up after this.
const LINES_PATIENCE: Duration = Duration::from_secs(2);

/// When the links of the webhook's pods were cut, by the names that LINE knows them by.
type Cuts = Vec<(String, Range<Instant>)>;

#[test]
fn i16_links_that_are_cut_cost_no_event() {
    let network = Network::is_possible().then(|| Network::enter(2).unwrap());
    if network.is_none() {
        eprintln!(
            "I-16: this is not root, or there is no `ip` (iproute2): no link can be cut, and processes with addresses of their own stand still instead"
        );
    }
    // Its threads are where this one is now.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(prove(network));
}

async fn prove(network: Option<Network>) {
    let tier = Tier::from_env();
    let outside = Outside::start().await;
    let mut cluster = Cluster::on(network, &outside).await;
    let (ingress, sim) = (&cluster.ingress, &cluster.sim);
    let load = Load::through(ingress.client(HOST), ingress.websecure.port(), HOST);
    let pace = Duration::from_secs(1) / tier.pick(RATE.0, RATE.1);

    let done = CancellationToken::new();
    let cutting = async {
        let mut cuts = Cuts::new();
        let mut recovered = Vec::new();
        for turn in 0..tier.pick(CUTS.0, CUTS.1) {
            tokio::time::sleep(CALM).await;
            let (node, begin) = (1 + turn % 2, Instant::now());
            let ground = &cluster.settings.ground;
            ground.cut(node, on(node, &mut cluster.pods));
            tokio::time::sleep(AWAY).await;
            ground.mend(node, on(node, &mut cluster.pods));
            let mended = Instant::now();
            for pod in on(node, &mut cluster.pods) {
                pod.ready().await;
            }
            recovered.push(mended.elapsed());
            cuts.push((life_on(node), begin..Instant::now()));
        }
        tokio::time::sleep(CALM).await;
        done.cancel();
        (cuts, Times::of(recovered))
    };
    let ((cuts, recovered), answers, (journeys, disturbed)) = tokio::join!(
        cutting,
        load.send_until(&done, pace),
        visit_until(&done, ingress, sim.clone())
    );
    eprintln!(
        "I-16: {} links cut for {AWAY:?} each; {answers}; whole again after {recovered}; {journeys} visitors from the first page to goodbye, {disturbed} disturbed",
        cuts.len()
    );
    if answers.are_on_time() {
        let failed: Vec<_> = answers.failed().take(10).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        let slowest = answers.iter().map(|answer| answer.took).max().unwrap();
        assert!(slowest < LINES_PATIENCE, "{slowest:?}");
    }

    let inbox = Inbox::of(cluster.settings.database("webhook"));
    let sent = load.redeliver(&answers, &inbox).await;
    let count = Number::try_from(answers.len()).unwrap();
    let verdict = Verdict::of(0..count, &inbox, &outside, &sent, &cuts).await;
    eprintln!("I-16: {verdict}");
    assert_eq!(verdict.parked(), 0);
}

/// The pods that are on this node.
fn on(node: u8, pods: &mut Pods) -> impl Iterator<Item = &mut Pod> {
    let place = usize::from(node) - 1;
    pods.values_mut().map(move |pods| &mut pods[place])
}
