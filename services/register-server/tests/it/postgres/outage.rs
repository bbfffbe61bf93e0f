//! The server goes away, and comes back.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use service_kit::database::DatabaseConfig;
use testkit::FaultProxy;
use testkit::fault_proxy::Mode;
use testkit::postgres::{Durability, Server};

use super::races::are_waiting;
use crate::harness::{ALICE, Answer, BOB, Browser, Rows, TestApp};

/// Whoever waits longer has gone.
const LIMIT: Duration = Duration::from_secs(2);

async fn in_time(asked: impl Future<Output = Answer>) -> Answer {
    let begin = Instant::now();
    let answer = asked.await;
    assert!(begin.elapsed() < LIMIT, "{:?}", begin.elapsed());
    answer
}

/// Every page says so, in time.
async fn assert_away(app: &TestApp, browser: &Browser) {
    let unavailable = "/en/sign-in-failed/unavailable";
    let answer = in_time(browser.get("/member/session")).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    let answer = in_time(browser.get("/auth/login?lang=en")).await;
    assert_eq!(answer.location(), unavailable);
    let back = browser.get("/auth/callback?code=a&state=b");
    assert_eq!(in_time(back).await.location(), unavailable);
    let form = [("page_language", "en")];
    let answer = in_time(browser.post("/member/leave", &form)).await;
    assert_eq!(answer.location(), "/en/leave");
    // O02: that is no reason to be restarted.
    let orchestrator = app.orchestrator();
    assert_eq!(in_time(orchestrator.get("/livez")).await.status, 200);
    assert_eq!(in_time(orchestrator.get("/readyz")).await.status, 503);
}

/// It serves again, within five seconds, and remembers.
async fn assert_back(app: &TestApp, browser: &Browser) {
    let begin = Instant::now();
    while browser.get("/member/session").await.status != 200 {
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
    assert!(app.session(browser).await.membership.is_some());
    for _ in 0..20 {
        let answer = app.sign_in(&app.browser(), BOB).await;
        assert_eq!(answer.location(), "/en/register");
    }
    let ready = app.orchestrator().get("/readyz").await;
    assert_eq!(ready.status, 200);
}

/// A member whose session is in the store, and a pool of many connections.
async fn member(app: &TestApp) -> Browser {
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    let visits = (0..40).map(|_| tokio::spawn(visit(browser.clone())));
    for visit in visits.collect::<Vec<_>>() {
        visit.await.unwrap();
    }
    browser
}

async fn visit(browser: Browser) {
    assert_eq!(browser.get("/member/session").await.status, 200);
}

#[tokio::test]
async fn i17_a_server_that_stops_is_told_of_and_comes_back() {
    let mut server = Server::start(Durability::Fast).unwrap();
    let database = server.fresh_database().unwrap();
    let app = TestApp::start_at(&database.url()).await;
    let browser = member(&app).await;
    server.stop();
    assert_away(&app, &browser).await;
    server.start_again().unwrap();
    assert_back(&app, &browser).await;
    server.kill_9();
    assert_away(&app, &browser).await;
    server.start_again().unwrap();
    assert_back(&app, &browser).await;
}

#[tokio::test]
async fn i17_a_server_that_falls_silent_is_told_of_and_comes_back() {
    let server = Server::start(Durability::Fast).unwrap();
    let database = server.fresh_database().unwrap();
    let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
    let proxy = FaultProxy::before(upstream).await.unwrap();
    let app = TestApp::start_at(&proxy.instead_of(&database.url())).await;
    let browser = member(&app).await;
    // Every connection is in use when it is lost for ever, and nobody is told.
    let mut direct = app.config.clone();
    direct.database = DatabaseConfig::at(database.url());
    let (mut other, mut rows) = (Rows::of(&direct).await, Rows::of(&direct).await);
    other.run("begin; lock table session").await;
    let visits = (0..40).map(|_| tokio::spawn(lost_visit(browser.clone())));
    let visits: Vec<_> = visits.collect();
    are_waiting(&mut rows, 10).await;
    proxy.set(Mode::Blackhole);
    for visit in visits {
        visit.await.unwrap();
    }
    assert_away(&app, &browser).await;
    other.run("commit").await;
    proxy.set(Mode::Pass);
    assert_back(&app, &browser).await;
}

async fn lost_visit(browser: Browser) {
    let answer = in_time(browser.get("/member/session")).await;
    assert_eq!(answer.status, 503);
}
