//! What must be so whoever comes first.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::tier::Tier;
use users_client::Consent;

use crate::harness::{ALICE, Answer, START, TestApp, candidate, consent};

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_event_wins_when_all_come_at_once() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    // Only the very last one blocks; it shares its millisecond with the one before.
    let events = (0..64_u64).map(|number| {
        let (state, at) = match number {
            63 => ("blocked", 62),
            number => ("following", number),
        };
        let at = START + Duration::from_millis(at);
        let app = &app;
        async move {
            app.friendship_event(ALICE, state, at, &format!("e{number:02}"))
                .await;
        }
    });
    let mut events: Vec<_> = events.collect();
    events.reverse();
    events.rotate_left(7);
    join_all(events).await;
    let member: Value = app.get("viewer", &format!("/users/{ALICE}")).await.json();
    assert_eq!(member["friendship"], "blocked");
    assert_eq!(app.count("select count(*) from friendship").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_u20_of_64_parallel_registrations_one_makes_a_member() {
    let app = TestApp::start().await;
    i11_rounds(&[&app]).await;
}

/// Registers one person after the other, each 64 times at once, at these replicas by turns.
pub(crate) async fn i11_rounds(apps: &[&TestApp]) {
    let rounds = Tier::from_env().pick(20, 200);
    // Connections take their time; what is counted here is members.
    for app in apps {
        app.register("Uwarm").await;
    }
    for round in 0..rounds {
        let luid = &format!("Ufirst{round}");
        let registered =
            (0..64).map(|number: usize| apps[number % apps.len()].register_in_a_crowd(luid));
        let answers = join_all(registered).await;
        let mut kinds: Vec<_> = answers.iter().map(outcome).collect();
        // A machine that is busy may send some away, and knows nothing of whom it gave up on the way.
        let was_busy = kinds.contains(&"unavailable");
        if was_busy {
            kinds.push(outcome(&apps[0].register_in_a_crowd(luid).await));
        }
        let created = kinds.iter().filter(|kind| **kind == "created").count();
        assert!(
            created == 1 || was_busy && created == 0,
            "round {round}: {created}"
        );
    }
    for table in ["member", "consent", "standing_consent"] {
        let rows = format!("select count(*) from {table}");
        assert_eq!(apps[0].count(&rows).await, rounds + 1, "{table}");
    }
}

fn outcome(answer: &Answer) -> &'static str {
    if answer.status == 201 {
        return "created";
    }
    match answer.problem().kind.as_str() {
        "/problems/already-registered" => "known",
        "/problems/unavailable" => "unavailable",
        other => panic!("{other}"),
    }
}

/// Each of a crowd has an outcome of their own, whoever is in their group.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_crowd_everybody_is_told_about_themselves() {
    let app = TestApp::start().await;
    app.clock.advance(Duration::from_mins(1));
    for number in 0..20 {
        app.register(&format!("Uknown{number}")).await.assert(201);
        app.delete("admin", &format!("/users/Uleft{number}"))
            .await
            .assert(204);
    }
    let crowd = ["new", "known", "left"].into_iter();
    let crowd = crowd.flat_map(|kind| (0..20).map(move |number| format!("U{kind}{number}")));
    let answers = crowd.map(|luid| {
        let app = &app;
        async move { (app.register_in_a_crowd(&luid).await, luid) }
    });
    for (answer, luid) in join_all(answers).await {
        match &luid[..4] {
            "Unew" => assert_eq!(answer.assert(201).json::<Value>()["luid"], luid),
            "Ukno" => assert_eq!(answer.problem().kind, "/problems/already-registered"),
            _ => assert_eq!(answer.problem().kind, "/problems/signed-in-before-leaving"),
        }
    }
}

/// Whichever of the two is first, nothing may be left: the sign-in and the event are older than the erasure.
#[tokio::test(flavor = "multi_thread")]
async fn u23_what_is_late_and_an_erasure_at_once_leave_nothing() {
    let app = TestApp::start().await;
    app.clock.advance(Duration::from_mins(1));
    for round in 0..24 {
        let luid = &format!("Urace{round}");
        // Of every other person there is something to erase.
        if round % 2 == 0 {
            app.register(luid).await.assert(201);
            app.friendship_event(luid, "following", START, "e1").await;
        }
        let path = &format!("/users/{luid}");
        let erase = async {
            app.delete("admin", path).await.assert(204);
        };
        let register = join_all((0..4).map(|_| app.register(luid)));
        let follow = join_all((0..4).map(|number| {
            let (app, id) = (&app, format!("e{number}"));
            async move {
                app.friendship_event(luid, "following", START, &id).await;
            }
        }));
        let ((), registered, _) = futures::join!(erase, register, follow);
        for answer in registered {
            assert!([201, 409].contains(&answer.status.as_u16()));
        }
        assert!(!app.is_member(luid).await, "round {round}");
        assert_eq!(app.count("select count(*) from member").await, 0);
        assert_eq!(app.count("select count(*) from friendship").await, 0);
        assert_eq!(app.count("select count(*) from consent").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_given_at_once_are_all_kept_and_the_last_one_counts() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = &format!("/users/{ALICE}/consents");
    let given = (0..32).map(|number| {
        let mut words = json!([consent("news", number % 2 == 0)]);
        words[0]["version"] = json!(format!("v{number}"));
        let app = &app;
        async move {
            app.post("register-server", path, &words).await.assert(200);
        }
    });
    join_all(given).await;
    let history: Vec<Consent> = app.get("viewer", path).await.json();
    let versions: BTreeSet<_> = history.iter().map(|word| word.version.as_str()).collect();
    assert_eq!((history.len(), versions.len()), (33, 33));
    let member: Value = app.get("viewer", &format!("/users/{ALICE}")).await.json();
    assert_eq!(
        member["consents"][0]["version"],
        history.last().unwrap().version
    );
}

/// Who asks for a change is told the truth about the person: 409 only of those who are leaving, 404 only of strangers.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_a_departure_that_was_none() {
    let app = TestApp::start().await;
    for round in 0..24 {
        let luid = format!("Ufresh{round}");
        let path = format!("/users/{luid}");
        let body = candidate(&luid);
        let register = app.post("register-server", "/register", &body);
        let change = json!({ "language": "ja" });
        let changes = join_all((0..6).map(|_| app.patch("editor", &path, &change)));
        let (registered, answers) = futures::join!(register, changes);
        registered.assert(201);
        for answer in answers {
            assert!(
                [200, 404].contains(&answer.status.as_u16()),
                "{}",
                answer.status
            );
        }
    }
}
