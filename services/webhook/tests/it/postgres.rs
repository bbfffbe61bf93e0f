//! What is true of a PostgreSQL server, and of several apps that share one.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::Value;
use service_kit::Profile;
use service_kit::database::DatabaseConfig;
use testkit::fault_proxy::{Direction, Mode, contains};
use testkit::postgres::{Durability, Server, query};
use testkit::tier::Tier;
use testkit::{Database, FaultProxy};
use webhook::App;

use crate::events::{event_id, follow, text, token};
use crate::harness::{ALICE, BOB, BOUND, Fault, Health, LEASE, Reply, TestApp, delivery};

/// LINE is told within this time that the inbox is away; it waits for two seconds.
const TOLD: Duration = Duration::from_millis(1900);
/// Events are taken again within this time once the server is back.
const BACK: Duration = Duration::from_secs(5);

/// An app that reaches its database by way of a proxy.
async fn through_a_proxy() -> (TestApp, FaultProxy) {
    let mut app = TestApp::on(Database::fresh()).await;
    let direct = app.database.url();
    let server = url::Url::parse(&direct).unwrap();
    let server = server.socket_addrs(|| None).unwrap()[0];
    let proxy = FaultProxy::before(server).await.unwrap();
    let url = proxy.instead_of(&direct);
    app.resume_with(|config| config.database = DatabaseConfig::at(url))
        .await;
    (app, proxy)
}

#[tokio::test]
async fn o07_a_server_that_may_forget_what_it_stored_is_refused_in_production() {
    let server = Server::start(Durability::Durable).unwrap();
    let mut app = TestApp::on(server.fresh_database().unwrap()).await;
    let mut production = app.config();
    production.profile = Profile::Production;
    production.line_api_base = line_api::API_BASE.parse().unwrap();
    App::build(production.clone()).await.unwrap();
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        set(&server, setting, "off");
        let refused = App::build(production.clone()).await.err().unwrap();
        let refused = format!("{refused:#}");
        assert!(
            refused.contains(&format!("{setting} switched off")),
            "{refused}"
        );
        app.resume().await;
        app.stop().await;
        set(&server, setting, "on");
    }
    App::build(production).await.unwrap();
}

/// Sets it and waits until new sessions see it.
fn set(server: &Server, setting: &str, value: &str) {
    server.set(setting, value).unwrap();
    let begun = Instant::now();
    while query(&server.url(), &format!("show {setting}")).unwrap() != value {
        assert!(begun.elapsed() < BOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn o10_apps_that_start_at_once_bring_the_inbox_up_to_date_once() {
    let app = TestApp::on(Database::fresh()).await;
    let starts = (0..5).map(|_| tokio::spawn(App::build(app.config())));
    for started in join_all(starts).await {
        started.unwrap().unwrap();
    }
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
    let migrations = std::fs::read_dir(migrations).unwrap().count();
    let applied = app
        .count("select count(*) from _sqlx_migrations where success")
        .await;
    assert_eq!(applied, i64::try_from(migrations).unwrap());
}

/// Neither of two apps holds this many conversations alone.
const CONVERSATIONS: i64 = 140;

#[tokio::test]
async fn several_apps_share_the_work_and_keep_every_conversation_s_order() {
    let one = TestApp::start().await;
    let mut two = one.replica();
    two.resume().await;
    one.line
        .misbehave(vec![Fault::Hold; usize::try_from(CONVERSATIONS).unwrap()]);
    let person = |id| format!("U{:032x}", id % CONVERSATIONS);
    let events: Vec<_> = (0..4 * CONVERSATIONS)
        .map(|id| text(id, &person(id), &person(id)))
        .collect();
    // Both are told of all of it, and neither knows what the other has stored.
    let body = delivery(events);
    let (told_one, told_two) = futures::join!(one.post(body.clone()), two.post(body));
    assert_eq!(
        (told_one.status().as_u16(), told_two.status().as_u16()),
        (200, 200)
    );
    let held = usize::try_from(CONVERSATIONS).unwrap();
    one.line.held.wait(held).await;
    one.line.release(held);
    let replies = one.line.replies.wait(4 * held).await;
    let all = "select count(*) from event where state = 'done'";
    one.inbox().await.wait(all, 4 * CONVERSATIONS).await;
    assert_eq!(
        one.line.replies.all().len(),
        4 * held,
        "each is answered once"
    );
    for conversation in 0..CONVERSATIONS {
        let in_order = (0..4).map(|nth| token(nth * CONVERSATIONS + conversation));
        let answered = replies.iter().filter(|reply| is_of(reply, conversation));
        let answered: Vec<_> = answered.map(|reply| reply.token.clone()).collect();
        assert_eq!(answered, in_order.collect::<Vec<_>>());
    }
}

fn is_of(reply: &Reply, conversation: i64) -> bool {
    let id: i64 = reply.token.rsplit('-').next().unwrap().parse().unwrap();
    id % CONVERSATIONS == conversation
}

#[tokio::test]
async fn what_another_app_has_only_just_stored_is_not_overtaken() {
    let app = TestApp::start().await;
    // It has just looked for work and does not do so again for a second.
    app.deliver([text(3, BOB, "hello")]).await;
    app.wait("done", 1).await;
    let (key, event) = (event_id(1), text(1, ALICE, "first"));
    let now = app.clock.now().as_millis();
    let stored = format!(
        "insert into event (channel, event_key, conversation, event_at, received_at, due_at, raw, state)
        values ('default', '{key}', '{ALICE}', {}, {now}, {now}, convert_to('{event}', 'UTF8'), 'pending')",
        event["timestamp"]
    );
    app.inbox().await.execute(&stored).await;
    app.deliver([text(2, ALICE, "second")]).await;
    let replies = app.line.replies.wait(3).await;
    let tokens: Vec<_> = replies.into_iter().map(|reply| reply.token).collect();
    assert_eq!(tokens[1..], [token(1), token(2)]);
}

#[tokio::test]
async fn another_app_takes_over_and_the_first_one_s_late_end_counts_for_nothing() {
    let (mut one, proxy) = through_a_proxy().await;
    one.line.misbehave([Fault::Hold]);
    one.deliver([text(1, ALICE, "hello")]).await;
    one.line.held.wait(1).await;
    // Cut off from the inbox, it no longer holds on to what it does.
    proxy.set(Mode::Stall);
    one.users.feel(Health::Hanging);
    one.clock.advance(LEASE);
    let mut two = one.replica();
    two.resume_with(|config| config.look_up_limit = Duration::from_secs(9))
        .await;
    two.users.look_ups.wait(2).await;

    // Back again, the first one ends its attempt while the second is at work.
    one.line.release(1);
    proxy.set(Mode::Pass);
    one.stop().await;
    let mut inbox = two.inbox().await;
    let owned = "select count(*) from event where state = 'pending' and attempt = 2 and lease_until is not null and reply = 'sending'";
    assert_eq!(inbox.number(owned).await, 1);

    two.users.feel(Health::Well);
    two.wait("done", 1).await;
    let finished = "select count(*) from event where state = 'done' and attempt = 2";
    assert_eq!(inbox.number(finished).await, 1);
    let taken = two
        .line
        .replies
        .all()
        .into_iter()
        .filter(|reply| reply.status == 200);
    assert_eq!(taken.count(), 1);
}

#[tokio::test]
async fn what_was_stored_by_an_app_that_died_is_done_by_another() {
    let mut one = TestApp::start().await;
    one.line.misbehave([Fault::Hold]);
    one.deliver([text(1, ALICE, "1"), text(2, ALICE, "2")])
        .await;
    one.line.held.wait(1).await;
    one.kill().await;
    let mut two = one.replica();
    two.resume().await;
    two.wait("done", 2).await;
    let replies = two.line.replies.all();
    let mut texts: Vec<_> = replies.iter().map(Reply::text).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["1", "2"]);
}

/// Delivers something again that was taken before.
async fn assert_away(app: &TestApp, event: Value) {
    let begun = Instant::now();
    let body = delivery([event]);
    let posts = (0..30).map(|_| app.post(body.clone()));
    for answer in join_all(posts).await {
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
    }
    assert!(begun.elapsed() < TOLD, "{:?}", begun.elapsed());
    assert_eq!(app.get_internal("/readyz").await.0, 503);
    assert_eq!(app.get_internal("/livez").await.0, 200);
}

async fn assert_back(app: &TestApp, event: Value) {
    let body = delivery([event]);
    let back = async { while app.post(body.clone()).await.status() != 200 {} };
    tokio::time::timeout(BACK, back)
        .await
        .expect("taken again in time");
    assert_eq!(app.get_internal("/readyz").await.0, 200);
}

#[tokio::test]
async fn i17_an_outage_is_503_and_loses_nothing_that_was_taken() {
    let mut server = Server::start(Durability::Fast).unwrap();
    let mut app = TestApp::on(server.fresh_database().unwrap()).await;
    app.resume().await;
    let mut taken = 0;
    for kill in [Server::stop, Server::kill_9] {
        let first = taken + 1;
        taken += 21;
        let events = (first..taken).map(|id| text(id, &format!("U{id:032x}"), "hello"));
        app.line.misbehave([Fault::Hold, Fault::Hold]);
        let events: Vec<_> = events.collect();
        app.deliver(events.clone()).await;
        app.line
            .held
            .wait(usize::try_from(taken / 10).unwrap())
            .await;
        kill(&mut server);
        app.line.release(2);
        assert_away(&app, events[0].clone()).await;
        server.start_again().unwrap();
        assert_back(&app, follow(taken, ALICE)).await;
        // What was being done when the server went is another attempt's once its lease has run out.
        let mut inbox = app.inbox().await;
        let idle = "select count(*) from event where state = 'pending' and attempt = 0";
        inbox.wait(idle, 0).await;
        app.advance(LEASE.as_secs()).await;
        inbox
            .wait("select count(*) from event where state = 'done'", taken)
            .await;
    }
    let accepted = app
        .line
        .replies
        .all()
        .into_iter()
        .filter(|reply| reply.status == 200);
    assert_eq!(
        i64::try_from(accepted.count()).unwrap(),
        taken,
        "each is answered once"
    );
    // A state change may be told again: api-users knows it by its event.
    let told = app.users.friendships.all();
    let told: BTreeSet<_> = told
        .iter()
        .map(|(_, change)| change["event_id"].to_string())
        .collect();
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn i17_a_server_that_falls_silent_is_503_and_taken_up_again() {
    let (app, proxy) = through_a_proxy().await;
    app.deliver([text(1, ALICE, "hello")]).await;
    for (mode, id) in [(Mode::Blackhole, 2), (Mode::Stall, 3), (Mode::Refuse, 4)] {
        proxy.set(mode);
        assert_away(&app, text(1, ALICE, "hello")).await;
        proxy.set(Mode::Pass);
        assert_back(&app, text(id, ALICE, "hello")).await;
        app.line.replies.wait(usize::try_from(id).unwrap()).await;
    }
}

#[tokio::test]
async fn i1_a_commit_whose_answer_is_lost_is_stored_once_and_acted_on_once() {
    let (app, proxy) = through_a_proxy().await;
    let rounds = Tier::from_env().pick(10, 500);
    for round in 1..=rounds {
        // One lost answer may be asked for again by the app itself, two are left to LINE.
        for (id, cuts) in [(2 * round - 1, 1), (2 * round, 2)] {
            let body = delivery([text(id, ALICE, "hello")]);
            let key = event_id(id);
            let mut left = cuts;
            proxy.cut_when(move |direction, bytes| {
                let cut = left > 0 && direction == Direction::ToServer && contains(bytes, &key);
                left -= i32::from(cut);
                cut
            });
            let status = app.post(body.clone()).await.status();
            assert!(status == 503 || status == 200 && cuts == 1, "{status}");
            proxy.clear_hook();
            app.inbox()
                .await
                .wait("select count(*) from event", id)
                .await;
            assert_eq!(app.post(body).await.status(), 200);
        }
    }
    // Who took up what nobody heard of is not known to anybody.
    app.clock.advance(LEASE);
    let done = "select count(*) from event where state = 'done'";
    app.inbox().await.wait(done, 2 * rounds).await;
    let replies = app.line.replies.all();
    assert_eq!(i64::try_from(replies.len()).unwrap(), 2 * rounds);
    assert!(replies.iter().all(|reply| reply.status == 200));
}

#[tokio::test]
async fn w46_a_commit_after_the_deadline_and_its_redelivery_are_one_action() {
    let app = TestApp::start().await;
    let mut inbox = app.inbox().await;
    inbox.hold_writes().await;
    let body = delivery([text(1, ALICE, "hello")]);
    assert_eq!(app.post(body.clone()).await.status(), 503);
    inbox.let_go().await;
    // The statement still waits, and finds the lock free.
    inbox.wait("select count(*) from event", 1).await;
    assert_eq!(app.post(body).await.status(), 200);
    app.deliver([text(2, ALICE, "last")]).await;
    let replies = app.line.replies.wait(2).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["hello", "last"]
    );
    assert_eq!(app.events("duplicate").await, 1);
}
