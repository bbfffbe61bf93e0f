//! T1a: killed all the time, the webhook loses nothing and doubles nothing (I-1, I-2, I-4).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use testkit::Database;
use testkit::postgres::{Durability, Server};
use testkit::seed::{Chances, Seeded, seeds};
use testkit::tier::Tier;
use tokio_util::sync::CancellationToken;

use super::event::Number;
use super::inbox::Inbox;
use super::outside::{Fault, Outside};
use super::rig::{Replica, until};
use super::sender::{self, Sender};
use super::verdict::Verdict;

/// A life lasts this long, give or take.
const LIFE_MS: u64 = 200;
const JITTER_MS: u64 = 150;

/// The longest storm. While people can be answered, an event is not blamed for the lives that ended with it; after that
/// it is parked, as one is that kills the webhook.
fn longest_storm() -> Duration {
    Duration::from_secs(Tier::from_env().pick(15, 40))
}

/// How long what was begun may take once nobody is killed any more: leases, pauses, a LINE that hangs.
const SETTLING: Duration = Duration::from_mins(6);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1a_sqlite_loses_and_doubles_nothing_in_a_kill_loop() {
    for seed in seeds(Tier::from_env().pick(1, 5)) {
        run(seed, "SQLite", &Database::sqlite(), 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1a_postgres_loses_and_doubles_nothing_while_two_replicas_are_killed() {
    let server = Server::start(Durability::Fast).unwrap();
    for seed in seeds(Tier::from_env().pick(1, 5)) {
        run(seed, "PostgreSQL", &server.fresh_database().unwrap(), 2).await;
    }
}

async fn run(seed: u64, name: &str, database: &Database, replicas: usize) {
    let mut run = Seeded::new(seed);
    let chances = &mut run.chances;
    let tier = Tier::from_env();
    let (count, kills): (Number, usize) = (tier.pick(1_000, 10_000), tier.pick(10, 100));

    let faults = (0..count).map(|_| Fault::drawn(chances)).collect();
    let outside = Outside::failing(faults).await;
    let mut replicas: Vec<_> = (0..replicas)
        .map(|name| {
            Replica::new(name, &database.url(), &outside)
                .with(|program| program.env("BOT_PUSH_FALLBACK", "true"))
        })
        .collect();
    // One brings the schema, as a rollout does.
    replicas[0].start_ready().await;
    let sender = Sender::new(replicas.iter().map(|replica| replica.public));
    let posts = sender::plan(0..count, chances);
    let begin = Instant::now();
    let storm = Storm::over(replicas, chances);
    // As long as it takes to kill often enough.
    let pace = Duration::from_millis(LIFE_MS) * u32::try_from(kills).unwrap();
    let pace = pace / u32::try_from(posts.len()).unwrap();
    let sending = tokio::spawn({
        let (sender, mut chances) = (Arc::clone(&sender), chances.fork());
        async move { sender.deliver(posts, pace, &mut chances).await }
    });
    until(SETTLING, "enough kills", async || {
        storm.kills() >= kills && (sending.is_finished() || begin.elapsed() > longest_storm())
    })
    .await;
    let killed = storm.kills();
    let (replicas, deaths) = storm.calm().await;
    let stormed = begin.elapsed();
    sending.await.unwrap();

    let inbox = Inbox::of(database);
    until(SETTLING, "everything is done", async || {
        inbox.pending().await == 0
    })
    .await;
    let took = begin.elapsed();
    let sent = std::mem::take(&mut *sender.sent());
    let verdict = Verdict::of(0..count, &inbox, &outside, &sent, &deaths).await;
    eprintln!(
        "T1a, I-2, I-4 on {name}, {} processes: {verdict}; {} deliveries answered 200, {} broke off, {} turned away; \
         {killed} kills in {stormed:.1?}, all done after {took:.1?}; seed {seed}",
        replicas.len(),
        sent.deliveries,
        sent.broken,
        sent.turned_away,
    );
    assert_eq!(verdict.parked(), 0, "events that were given up");
}

/// Replicas that are killed, each by itself, and started again at once.
struct Storm {
    calm: CancellationToken,
    kills: Arc<AtomicUsize>,
    replicas: Vec<tokio::task::JoinHandle<Replica>>,
}

impl Storm {
    fn over(replicas: Vec<Replica>, chances: &mut Chances) -> Self {
        let (calm, kills) = (CancellationToken::new(), Arc::default());
        let replicas = replicas
            .into_iter()
            .map(|replica| {
                tokio::spawn(rage(
                    replica,
                    chances.fork(),
                    calm.clone(),
                    Arc::clone(&kills),
                ))
            })
            .collect();
        Self {
            calm,
            kills,
            replicas,
        }
    }

    fn kills(&self) -> usize {
        self.kills.load(Ordering::Relaxed)
    }

    /// Ends it: the replicas run, and are ready. Says when each of their lives ended.
    async fn calm(self) -> (Vec<Replica>, HashMap<String, Instant>) {
        self.calm.cancel();
        let mut replicas = Vec::new();
        let mut deaths = HashMap::new();
        for replica in self.replicas {
            let mut replica = replica.await.unwrap();
            deaths.extend(std::mem::take(&mut replica.deaths));
            replicas.push(replica);
        }
        (replicas, deaths)
    }
}

async fn rage(
    mut replica: Replica,
    mut chances: Chances,
    calm: CancellationToken,
    kills: Arc<AtomicUsize>,
) -> Replica {
    replica.kill();
    while !calm.is_cancelled() {
        replica.start();
        let life = LIFE_MS - JITTER_MS + chances.below(2 * JITTER_MS + 1);
        tokio::time::sleep(Duration::from_millis(life)).await;
        assert!(replica.lives(), "it ended by itself: {}", replica.said());
        replica.kill();
        kills.fetch_add(1, Ordering::Relaxed);
    }
    replica.start_ready().await;
    replica
}
