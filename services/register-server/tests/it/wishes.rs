//! What members want to hear of, and when not.

use member_session::{FieldProblem, Flash, FormKind, QuietHours};

use crate::harness::{ALICE, Browser, TestApp};

const OFFER: &str = "
topics:
  - name: weekly
    title: &title { zh-TW: 週報, ja: 週報, th: รายสัปดาห์, en: The week }
    detail: *title
  - name: offers
    title: *title
    detail: *title
";

async fn start() -> (TestApp, Browser) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("membership.yaml");
    std::fs::write(&path, OFFER).unwrap();
    // It is read once, as the service starts.
    let app = TestApp::start_with(|config| config.membership = Some(path)).await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    (app, browser)
}

/// Sends the form with these fields beside the language.
async fn send(browser: &Browser, fields: &[(&str, &str)]) {
    let fields: Vec<_> = [("language", "en")].iter().chain(fields).copied().collect();
    let answer = browser.post("/member/update", &fields).await;
    assert_eq!(answer.location(), "/en/membership");
}

async fn topics(app: &TestApp, browser: &Browser) -> Vec<String> {
    app.session(browser).await.membership.unwrap().topics
}

#[tokio::test]
async fn a_topic_is_subscribed_to_and_left() {
    let (app, browser) = start().await;
    send(
        &browser,
        &[("topic.weekly", "yes"), ("topic.unheard-of", "yes")],
    )
    .await;
    assert_eq!(topics(&app, &browser).await, ["weekly"]);
    assert_eq!(
        app.journal.count("topic"),
        1,
        "what is not offered is not asked for"
    );
    send(
        &browser,
        &[("shown.topic.weekly", "yes"), ("topic.weekly", "yes")],
    )
    .await;
    assert_eq!(app.journal.count("topic"), 1, "nothing differs");
    send(&browser, &[("topic.offers", "yes")]).await;
    let both = topics(&app, &browser).await;
    assert_eq!(
        both,
        ["weekly", "offers"],
        "a page that did not show it ticked leaves it alone"
    );
    send(&browser, &[("shown.topic.weekly", "yes")]).await;
    assert_eq!(topics(&app, &browser).await, ["offers"]);
}

#[tokio::test]
async fn quiet_hours_and_their_zone_are_chosen_and_given_up() {
    let (app, browser) = start().await;
    let night = [
        ("time_zone", "Asia/Taipei"),
        ("quiet_from", "22:00"),
        ("quiet_until", "07:30"),
    ];
    send(&browser, &night).await;
    let held = || async { app.session(&browser).await.membership.unwrap() };
    let membership = held().await;
    assert_eq!(membership.time_zone.as_deref(), Some("Asia/Taipei"));
    let hours = QuietHours {
        from: "22:00".to_owned(),
        until: "07:30".to_owned(),
    };
    assert_eq!(membership.quiet_hours.as_ref(), Some(&hours));
    send(&browser, &night).await;
    assert_eq!(app.journal.count("update"), 1, "nothing differs");

    // A page that did not ask for them says nothing.
    send(&browser, &[]).await;
    assert_eq!(held().await, membership);

    send(
        &browser,
        &[("time_zone", ""), ("quiet_from", ""), ("quiet_until", "")],
    )
    .await;
    let membership = held().await;
    assert_eq!((membership.time_zone, membership.quiet_hours), (None, None));
}

#[tokio::test]
async fn quiet_hours_that_are_none_come_back() {
    let (app, browser) = start().await;
    for (from, until, field, problem) in [
        ("22:00", "", "quiet_until", FieldProblem::Missing),
        ("", "07:00", "quiet_from", FieldProblem::Missing),
        ("07:00", "07:00", "quiet_until", FieldProblem::Invalid),
    ] {
        send(
            &browser,
            &[
                ("quiet_from", from),
                ("quiet_until", until),
                ("topic.weekly", "yes"),
            ],
        )
        .await;
        let form = app
            .drawn(&browser, Some(FormKind::Update))
            .await
            .form
            .unwrap();
        let [error] = &form.errors[..] else {
            panic!("{:?}", form.errors)
        };
        assert_eq!((error.field.as_str(), error.problem), (field, problem));
        assert_eq!(form.values["quiet_from"], from);
        assert!(
            form.values.contains_key("topic.weekly"),
            "what was ticked stays so"
        );
    }
    let night = [
        ("quiet_from", "22:00"),
        ("quiet_until", "07:00"),
        ("time_zone", ""),
    ];
    send(&browser, &night).await;
    let form = app
        .drawn(&browser, Some(FormKind::Update))
        .await
        .form
        .unwrap();
    assert_eq!(
        form.errors[0].field, "time_zone",
        "by the clock of which place?"
    );
    assert_eq!(app.journal.count("topic") + app.journal.count("update"), 0);
}

#[tokio::test]
async fn what_the_members_api_does_not_know_comes_back() {
    let (app, browser) = start().await;
    for (pointer, field) in [("/time_zone", "time_zone"), ("/quiet_hours", "quiet_until")] {
        app.users.refuse_field(pointer);
        send(
            &browser,
            &[
                ("time_zone", "Mars/Base"),
                ("quiet_from", "x"),
                ("quiet_until", "y"),
            ],
        )
        .await;
        let form = app
            .drawn(&browser, Some(FormKind::Update))
            .await
            .form
            .unwrap();
        assert_eq!(form.errors[0].field, field);
        assert_eq!(form.values["time_zone"], "Mars/Base");
    }
}

#[tokio::test]
async fn a_change_that_got_half_way_may_be_sent_again() {
    let (app, browser) = start().await;
    let fields = [("display_name", "Alicia"), ("topic.weekly", "yes")];
    app.users.fail("topic");
    send(&browser, &fields).await;
    let session = app.drawn(&browser, Some(FormKind::Update)).await;
    assert_eq!(session.flash, [Flash::TryAgain]);
    app.users.recover();
    send(&browser, &fields).await;
    assert_eq!(topics(&app, &browser).await, ["weekly"]);
}
