//! Two replicas, one database: any of them serves anyone.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::harness::{ALICE, Browser, TestApp};

const SESSION: &str = "__Host-kaiin-session";

/// The same browser, by way of another replica.
fn elsewhere(browser: &Browser, replica: &crate::harness::Replica) -> Browser {
    browser.at(replica.base.clone())
}

#[tokio::test]
async fn what_one_began_another_goes_on_with() {
    let app = TestApp::start().await;
    let other = app.another().await;
    app.users.add(ALICE);
    let here = app.browser();
    let there = elsewhere(&here, &other);
    let started = here.get("/auth/login?lang=en").await;
    let code = app.line.consent(&started.line_page(), ALICE);
    let answer = app.come_back(&there, &started, &code).await;
    assert_eq!(answer.location(), "/en/membership");
    assert!(app.session(&here).await.membership.is_some());
    let id = here.cookie(SESSION).unwrap();
    // The form was drawn by one and comes back to the other; so does what is wrong with it.
    app.session(&here).await;
    there.post("/member/update", &[("language", "xx")]).await;
    let shown = Some(member_session::FormKind::Update);
    assert!(app.drawn(&here, shown).await.form.is_some());
    assert!(app.drawn(&there, shown).await.form.is_none(), "shown once");
    // Ended by one, it has ended for all.
    there.post("/auth/logout", &[("page_language", "en")]).await;
    here.set_cookie(SESSION, &id);
    assert!(app.session(&here).await.visitor.is_none());
}

#[tokio::test]
async fn i11_of_fifty_callbacks_at_two_replicas_one_asks_line() {
    let app = TestApp::start().await;
    let other = app.another().await;
    let here = app.browser();
    let there = elsewhere(&here, &other);
    for round in 1..=5 {
        let started = here.get("/auth/login?lang=en").await;
        let code = app.line.consent(&started.line_page(), ALICE);
        let state = started.parameter("state");
        let path = format!("/auth/callback?code={code}&state={state}");
        let mut tries = JoinSet::new();
        for turn in 0..50 {
            let browser = if turn % 2 == 0 { &here } else { &there }.clone();
            let path = path.clone();
            tries.spawn(async move { browser.get(&path).await.location().to_owned() });
        }
        let answers = tries.join_all().await;
        let signed_in = answers.iter().filter(|page| *page == "/en/register");
        assert_eq!(signed_in.count(), 1);
        assert_eq!(app.journal.count("token"), round);
        // Nobody is to come back that often.
        app.clock.advance(Duration::from_mins(2));
    }
}

#[tokio::test]
async fn leaving_is_carried_on_with_by_one_replica() {
    let app = TestApp::start().await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(app.another().await);
    }
    let mut rows = app.rows().await;
    // Taking somebody up takes so long that the replicas' rounds meet.
    rows.run(
        "create function be_slow() returns trigger language plpgsql as
             'begin perform pg_sleep(0.5); return null; end';
         create trigger slow before update on leaving
             for each statement execute function be_slow()",
    )
    .await;
    let people: Vec<String> = (0..60).map(|n| format!("U{n:032x}")).collect();
    let values: Vec<String> = people
        .iter()
        .map(|luid| format!("('{luid}', 0, true, 0)"))
        .collect();
    rows.run(&format!(
        "insert into leaving (luid, asked_at, marked, due_at) values {}",
        values.join(", ")
    ))
    .await;
    app.journal.wait_for("erase", people.len()).await;
    let wait = async {
        while rows.count("leaving").await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .unwrap();
    assert_eq!(app.journal.count("erase"), people.len(), "each once");
}

#[tokio::test]
async fn leaving_is_carried_on_with_when_a_replica_died_over_it() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    app.users.fail("leave");
    // One took it up and got nowhere: it is tried again a minute later, by whoever comes first.
    let mut rows = app.rows().await;
    rows.note_leaving(ALICE, false, 0).await;
    app.journal.wait_for("leave", 1).await;
    let app = app.restart().await;
    app.users.recover();
    let _other = app.another().await;
    app.clock.advance(Duration::from_mins(1));
    app.journal.wait_for("erase", 1).await;
    assert!(app.users.get(ALICE).is_none());
}
