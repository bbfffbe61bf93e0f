//! What is true of a PostgreSQL server.

use std::time::{Duration, Instant};

use api_users::App;
use futures::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use service_kit::Profile;
use sqlx::PgConnection;
use testkit::fault_proxy::Mode;
use testkit::postgres::{Durability, Server, query};
use testkit::{Database, FaultProxy};

use crate::failure::assert_unavailable;
use crate::harness::{ALICE, BOB, TestApp, answer, candidate, config};
use crate::idempotency::{is_replay, register};
use crate::races::i11_rounds;
use crate::side::Side;
use crate::start::refused;

/// Callers of a service whose database is away are told so within this time.
const TOLD: Duration = Duration::from_secs(2);
/// A service whose database is back serves again within this time.
const BACK: Duration = Duration::from_secs(5);

async fn assert_away(app: &TestApp) {
    let begin = Instant::now();
    let path = format!("/users/{ALICE}/membership");
    let reads = join_all((0..40).map(|_| app.get("webhook", &path)));
    let writes = join_all((0..10).map(|_| app.register(BOB)));
    let (reads, writes) = futures::join!(reads, writes);
    for answer in reads.into_iter().chain(writes) {
        assert_unavailable(answer);
    }
    assert!(begin.elapsed() < TOLD, "{:?}", begin.elapsed());
    answer(app.http.get(format!("{}/readyz", app.internal)))
        .await
        .assert(503);
    answer(app.http.get(format!("{}/livez", app.internal)))
        .await
        .assert(200);
}

async fn assert_back(app: &TestApp) {
    let path = format!("/users/{ALICE}/membership");
    let back = async { while app.get("webhook", &path).await.status != StatusCode::OK {} };
    tokio::time::timeout(BACK, back).await.unwrap();
    // As many at once as there are connections, and more: none of them was lost.
    for answer in join_all((0..40).map(|_| app.get("webhook", &path))).await {
        assert_eq!(answer.assert(200).json::<Value>()["member"], true);
    }
    app.delete("admin", &format!("/users/{BOB}"))
        .await
        .assert(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_an_outage_is_503_and_over_when_the_server_is_back() {
    let mut server = Server::start(Durability::Fast).unwrap();
    let database = server.fresh_database().unwrap();
    let url = database.url();
    let app = TestApp::start_on(database, url).await;
    app.register(ALICE).await.assert(201);
    for kill in [Server::stop, Server::kill_9] {
        kill(&mut server);
        assert_away(&app).await;
        server.start_again().unwrap();
        assert_back(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_a_server_that_falls_silent_is_503_and_costs_no_connection() {
    let (app, proxy) = behind_a_proxy().await;
    app.register(ALICE).await.assert(201);
    // As many connections as there may be.
    assert_back(&app).await;
    for mode in [Mode::Blackhole, Mode::Stall, Mode::Refuse] {
        proxy.set(mode);
        assert_away(&app).await;
        proxy.set(Mode::Pass);
        assert_back(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i17_connections_that_are_lost_in_the_middle_of_something_are_replaced() {
    let (app, proxy) = behind_a_proxy().await;
    app.register(ALICE).await.assert(201);
    let mut other = app.side().await;
    other
        .execute("begin; lock table member in access exclusive mode")
        .await;
    let path = format!("/users/{ALICE}/membership");
    let reads = join_all((0..10).map(|_| app.get("webhook", &path)));
    let lose_them = async {
        let waiting = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        // Not asked by `other`: within its transaction the answer would stay the same.
        let begin = Instant::now();
        while app.count(waiting).await < 10 {
            assert!(begin.elapsed() < TOLD);
        }
        proxy.set(Mode::Blackhole);
        other.execute("rollback").await;
    };
    let begin = Instant::now();
    let (reads, ()) = futures::join!(reads, lose_them);
    assert!(begin.elapsed() < TOLD, "{:?}", begin.elapsed());
    for answer in reads {
        assert_unavailable(answer);
    }
    proxy.set(Mode::Pass);
    // Closing what says nothing is given some seconds.
    let again = async { while app.get("webhook", &path).await.status != StatusCode::OK {} };
    tokio::time::timeout(Duration::from_secs(10), again)
        .await
        .unwrap();
    assert_back(&app).await;
}

async fn behind_a_proxy() -> (TestApp, FaultProxy) {
    let database = Database::fresh();
    let upstream = url::Url::parse(&database.url()).unwrap();
    let upstream = upstream.socket_addrs(|| None).unwrap()[0];
    let proxy = FaultProxy::before(upstream).await.unwrap();
    let url = proxy.instead_of(&database.url());
    (TestApp::start_on(database, url).await, proxy)
}

/// A deadline, or a caller who hangs up, ends a request wherever it is; the server must not go on holding its locks.
#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_waiting_leaves_nothing_locked() {
    let app = TestApp::start().await;
    app.register(BOB).await.assert(201);
    let mut other = app.side().await;
    other.hold_writes().await;
    let begin = Instant::now();
    // One of them waits for the table, the others for that one.
    for answer in join_all((0..6).map(|_| app.register(ALICE))).await {
        assert_unavailable(answer);
    }
    assert!(begin.elapsed() < TOLD, "{:?}", begin.elapsed());
    other.execute("rollback").await;
    app.register(ALICE).await.assert(201);
    for answer in join_all((0..20).map(|_| app.get("viewer", "/users?limit=1"))).await {
        answer.assert(200);
    }
    let lingering = "select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'api-users' and xact_start is not null";
    let gone = async { while other.count(lingering).await > 0 {} };
    tokio::time::timeout(Duration::from_secs(3), gone)
        .await
        .unwrap();
}

/// Two erasures that prune, each holding its own tombstone, would wait for each other's for ever.
#[tokio::test]
async fn an_erasure_waits_for_nobody_elses_tombstone() {
    let app = TestApp::start().await;
    app.delete("admin", &format!("/users/{BOB}"))
        .await
        .assert(204);
    app.clock.advance(Duration::from_hours(32 * 24));
    let mut other = app.side().await;
    other
        .execute("begin; select * from tombstone for update")
        .await;
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    other.execute("rollback").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn o07_a_server_that_may_forget_what_it_stored_is_refused_in_production() {
    let server = Server::start(Durability::Durable).unwrap();
    let database = server.fresh_database().unwrap();
    let url = database.url();
    let app = TestApp::start_on(database, url).await;
    let mut production = config(app.folder.path(), &app.url, &app.clock);
    production.profile = Profile::Production;
    App::build(production.clone()).await.unwrap();
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        set(&server, setting, "off");
        let error = refused(production.clone()).await;
        let names_it = format!("PostgreSQL has {setting} switched off");
        assert!(error.contains(&names_it), "{error}");
        let dev = config(app.folder.path(), &app.url, &app.clock);
        App::build(dev).await.unwrap();
        set(&server, setting, "on");
    }
    App::build(production).await.unwrap();
}

/// Sets it and waits until new sessions see it.
fn set(server: &Server, setting: &str, value: &str) {
    server.set(setting, value).unwrap();
    let begin = Instant::now();
    while query(&server.url(), &format!("show {setting}")).unwrap() != value {
        assert!(begin.elapsed() < BACK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn o10_replicas_that_start_at_once_migrate_once_and_share_their_members() {
    let app = TestApp::start().await;
    let fresh = Database::fresh();
    let starts = (0..8).map(|_| {
        let config = config(app.folder.path(), &fresh.url(), &app.clock);
        tokio::spawn(App::build(config))
    });
    for started in join_all(starts).await {
        started.unwrap().unwrap();
    }
    let mut side = Side::connect(&fresh.url()).await;
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"))
        .unwrap()
        .count();
    assert_eq!(
        side.count("select count(*) from _sqlx_migrations where success")
            .await,
        i64::try_from(files).unwrap()
    );
}

#[tokio::test]
async fn a_replica_of_this_release_starts_beside_one_of_the_next() {
    let app = TestApp::start().await;
    app.execute(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of the next release', true, '', 0)",
    )
    .await;
    let replica = app.replica().await;
    replica.register(ALICE).await.assert(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_are_one_service() {
    let database = Database::fresh();
    let url = database.url();
    let one = TestApp::start_on(database, url).await;
    let two = one.replica().await;
    let answers = join_all((0..64).map(|number| {
        let app = if number % 2 == 0 { &one } else { &two };
        app.register(ALICE)
    }))
    .await;
    let created = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(created.count(), 1);
    assert!(two.is_member(ALICE).await);
    one.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    assert!(!two.is_member(ALICE).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_of_64_registrations_at_two_replicas_one_makes_a_member() {
    let one = TestApp::start().await;
    let two = one.replica().await;
    i11_rounds(&[&one, &two]).await;
}

/// How many statements wait for somebody else.
const WAITING: &str = "select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread")]
async fn u18_a_key_is_one_key_at_two_replicas() {
    let one = TestApp::start().await;
    let two = one.replica().await;
    let body = candidate(ALICE);
    let mut other = one.side().await;
    other.hold_writes().await;
    let first = register(&one, "k1", &body);
    let meanwhile = async {
        while one.count(WAITING).await == 0 {}
        let early = register(&two, "k1", &body).await.assert(409);
        assert_eq!(early.problem().kind, "/problems/request-in-progress");
        let mut another = candidate(BOB);
        another["consents"] = json!([]);
        // Neither key nor person stands in each other's way.
        other.execute("rollback").await;
        register(&two, "k2", &another).await.assert(201);
    };
    let (first, ()) = futures::join!(first, meanwhile);
    let first = first.assert(201);
    let again = register(&two, "k1", &body).await.assert(201);
    assert!(is_replay(&again));
    assert_eq!(again.body, first.body);
    register(&two, "k1", &candidate(BOB)).await.assert(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_that_wait_share_a_transaction() {
    let app = TestApp::start().await;
    let mut other = app.side().await;
    other.hold_writes().await;
    let crowd = (0..100).map(|number| {
        let app = &app;
        async move { app.register_in_a_crowd(&format!("U{number}")).await }
    });
    let let_go = async {
        while app.count(WAITING).await == 0 {}
        other.execute("rollback").await;
    };
    let (answers, ()) = futures::join!(join_all(crowd), let_go);
    for answer in answers {
        answer.assert(201);
    }
    let transactions = app
        .count("select count(distinct xmin::text) from member")
        .await;
    assert!(transactions < 50, "{transactions}");
}

/// Two groups that hold each other's people in different orders would wait in a circle.
#[tokio::test(flavor = "multi_thread")]
async fn groups_of_the_same_people_do_not_wait_in_a_circle() {
    let one = TestApp::start().await;
    let two = one.replica().await;
    let mut failed = 0;
    for round in 0..10 {
        let forth = (0..64).map(|number| (&one, number));
        let back = (0..64).rev().map(|number| (&two, number));
        let answers = forth.chain(back).map(|(app, number)| async move {
            let answer = app.register_in_a_crowd(&format!("U{round}x{number}")).await;
            answer.status.as_u16()
        });
        let answers = join_all(answers).await;
        failed += answers.iter().filter(|status| **status == 503).count();
    }
    // The first groups of all, on a machine that is busy, may be late; a circle would end every round in failure.
    assert!(failed <= 128, "{failed} of 1280");
}

#[tokio::test(flavor = "multi_thread")]
async fn which_of_two_event_ids_is_the_later_one_hangs_on_no_locale() {
    let server = Server::start(Durability::Fast).unwrap();
    let english = "create database english template template0 locale_provider icu icu_locale 'en'";
    query(&server.url(), english).unwrap();
    let url = format!(
        "{}/english",
        server.url().strip_suffix("/postgres").unwrap()
    );
    assert_eq!(query(&url, "select 'a' < 'B'").unwrap(), "t");
    let app = TestApp::start_on(server.fresh_database().unwrap(), url).await;
    app.register(ALICE).await.assert(201);
    app.friendship_event(ALICE, "following", app.now(), "a")
        .await;
    app.friendship_event(ALICE, "blocked", app.now(), "B").await;
    let member: Value = app.get("viewer", &format!("/users/{ALICE}")).await.json();
    assert_eq!(member["friendship"], "following");
}

#[tokio::test(flavor = "multi_thread")]
async fn u23_the_tables_are_cleared_of_erased_rows_within_a_day() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.friendship_event(ALICE, "following", app.now(), "e1")
        .await;
    app.clock.advance(Duration::from_mins(1));
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    app.clock.advance(Duration::from_hours(24));
    let app = app.restart().await;
    let Side::Postgres(mut side) = app.side().await else {
        panic!("this is about PostgreSQL");
    };
    let cleared = async { while dead_rows(&mut side).await > 0 {} };
    tokio::time::timeout(Duration::from_secs(20), cleared)
        .await
        .unwrap();
}

/// How many tables have not been vacuumed, or still hold dead rows.
async fn dead_rows(side: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_user_tables
         where relname not in ('_sqlx_migrations', 'audit', 'change', 'feed', 'tombstone', 'upkeep') and (vacuum_count = 0 or n_dead_tup > 0)",
    )
    .fetch_one(side)
    .await
    .unwrap()
}

/// A reader who saw the second change before the first was committed would go on after it, and never see the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_commit_is_not_passed_over_by_who_reads_the_feed() {
    let database = Database::fresh();
    let url = database.url();
    let app = TestApp::start_on(database, url).await;
    let replica = app.replica().await;
    // Holds up the commit of the first erasure, once it has its number, and nothing else.
    app.execute(
        "create function slow() returns trigger language plpgsql as $$
         begin perform pg_advisory_xact_lock(77); return null; end $$;
         create constraint trigger slow after insert on change deferrable initially deferred
         for each row when (new.change_id = 1) execute function slow()",
    )
    .await;
    let mut other = app.side().await;
    other.execute("select pg_advisory_lock(77)").await;
    let (alice, bob) = (format!("/users/{ALICE}"), format!("/users/{BOB}"));
    let slow = app.delete("admin", &alice);
    let meanwhile = async {
        let held = "select count(*) from pg_locks where locktype = 'advisory' and objid = 77 and not granted";
        let begin = Instant::now();
        while app.count(held).await < 1 {
            assert!(begin.elapsed() < TOLD);
        }
        let quick = replica.delete("admin", &bob);
        let read = async {
            let waits = "select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock'";
            while app.count(waits).await < 2 {
                assert!(begin.elapsed() < TOLD, "the second must wait for the first");
            }
            let page: Value = app.get("webhook", "/changes").await.assert(200).json();
            assert_eq!(page["changes"], serde_json::json!([]));
            other.execute("select pg_advisory_unlock(77)").await;
        };
        let (quick, ()) = futures::join!(quick, read);
        quick.assert(204);
    };
    let (slow, ()) = futures::join!(slow, meanwhile);
    slow.assert(204);
    let page: Value = app.get("webhook", "/changes").await.json();
    let numbers: Vec<_> = (0..2)
        .map(|i| page["changes"][i]["change_id"].as_i64())
        .collect();
    assert_eq!(numbers, [Some(1), Some(2)]);
}
