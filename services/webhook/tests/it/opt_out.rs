//! Who wants no more messages says so in the chat, and is told so once it is true.

use line_api::event::Event;
use serde_json::{Value, json};
use webhook::bot::{Action, Language, OptOut, Phrase, Reply, Standing, respond};

use crate::events::{event, group, mention, text, text_in, user};
use crate::harness::{ALICE, BOB, Health, LINK, START, TestApp};

fn button(id: i64, source: &Value, data: &str) -> Value {
    event(
        id,
        "postback",
        source,
        json!({ "postback": { "data": data } }),
    )
}

fn asked(event: &Value) -> Option<OptOut> {
    let event = Event::parse(event.to_string().as_bytes());
    match respond(&event, Standing::Member).into_iter().next() {
        Some(Action::OptOut(wish)) => Some(wish),
        _ => None,
    }
}

#[test]
fn a_word_that_means_stop_is_understood() {
    for word in [
        "停止",
        "配信停止",
        "หยุด",
        "STOP",
        "stop",
        "Stop",
        "ＳＴＯＰ",
        "ｓｔｏｐ！",
        "STOP.",
        "「停止」。",
        "stop!!!…",
        "  配信停止　\n",
        "หยุด!",
        "STOP 🛑",
    ] {
        assert_eq!(
            asked(&text(1, ALICE, word)),
            Some(OptOut::Everything),
            "{word}"
        );
    }
}

#[test]
fn a_word_that_may_mean_something_else_is_not() {
    for word in [
        "Please don't stop",
        "STOPP",
        "停止營業？",
        "nonstop",
        "stop stop",
        "...",
        " ",
    ] {
        assert_eq!(asked(&text(1, ALICE, word)), None, "{word}");
    }
}

#[test]
fn a_button_stops_everything_or_its_topic() {
    let everything = || Some(OptOut::Everything);
    for (data, expected) in [
        ("opt-out", everything()),
        ("opt-out:weekly-2", Some(OptOut::Topic("weekly-2".into()))),
        ("opt-out:", everything()),
        ("opt-out:Weekly News/../x", everything()),
        ("opt-outs", None),
        ("x=opt-out", None),
    ] {
        assert_eq!(asked(&button(1, &user(ALICE), data)), expected, "{data}");
    }
}

#[test]
fn in_a_group_nobody_need_mean_the_bot() {
    let in_group = group(Some(ALICE));
    assert_eq!(asked(&text_in(1, &in_group, "STOP")), None);
    assert_eq!(asked(&button(1, &in_group, "opt-out")), None);
    assert_eq!(asked(&mention(1, &in_group, true)), None);
}

/// Whether they are a member must not matter: who cannot be looked up may be one.
#[test]
fn whoever_says_it_is_opted_out_before_they_are_told() {
    let stop = Event::parse(text(1, ALICE, "STOP").to_string().as_bytes());
    for standing in [Standing::Member, Standing::Stranger, Standing::Unknown] {
        let expected = vec![
            Action::OptOut(OptOut::Everything),
            Action::Reply(Reply::Say(Phrase::OptedOut)),
        ];
        assert_eq!(respond(&stop, standing), expected);
    }
}

#[tokio::test]
async fn a_member_takes_consent_back_and_reads_so_in_their_language() {
    let app = TestApp::start_with(|config| {
        config.bot_opt_out_consents = vec!["news".into(), "offers".into()];
    })
    .await;
    for (id, language) in (1..).zip(Language::ALL) {
        let person = format!("U{id:032x}");
        app.users.add_member(&person, Some(language.tag()));
        app.deliver([text(id, &person, "停止")]).await;
        let count = usize::try_from(id).unwrap();
        let reply = app.line.replies.wait(count).await.pop().unwrap();
        let link = format!("{LINK}?lang={language}");
        assert_eq!(reply.text(), Phrase::OptedOut.in_language(language, &link));
        let said_at = START.as_millis() - 1000 + id;
        let withdrawn = app.users.withdrawals.all().split_off(2 * (count - 1));
        let path = |purpose| format!("/users/{person}/consents/{purpose}?said_at={said_at}");
        assert_eq!(withdrawn, [path("news"), path("offers")]);
    }
}

#[tokio::test]
async fn a_button_withdraws_its_topic_alone() {
    let app = TestApp::start().await;
    app.deliver([button(1, &user(ALICE), "opt-out:weekly")])
        .await;
    let reply = app.line.replies.wait(1).await.pop().unwrap();
    let words = Phrase::OptedOutOfTopic.in_language(Language::En, LINK);
    assert_eq!(reply.text(), words);
    let withdrawn = app.users.withdrawals.all();
    assert_eq!(withdrawn.len(), 1);
    assert!(withdrawn[0].starts_with(&format!("/users/{ALICE}/topics/weekly?said_at=")));
}

#[tokio::test]
async fn who_is_no_member_gets_nothing_and_is_told_so() {
    let app = TestApp::start().await;
    app.deliver([text(1, BOB, "stop")]).await;
    let reply = app.line.replies.wait(1).await.pop().unwrap();
    assert!(reply.text().starts_with("You will get no more news"));
    app.wait("done", 1).await;
}

/// Nobody is told that it is done before it is; and it is tried again as a follow is.
#[tokio::test]
async fn while_api_users_is_away_it_is_tried_again_and_nothing_is_said() {
    for away in [503, 401, 404, 405] {
        let app = TestApp::start().await;
        app.users.feel(Health::NotWriting(away));
        app.deliver([text(1, ALICE, "STOP")]).await;
        app.wait("retried", 1).await;
        assert!(app.line.replies.all().is_empty(), "{away}");
        app.users.feel(Health::Well);
        app.advance(1).await;
        let reply = app.line.replies.wait(1).await.pop().unwrap();
        assert!(reply.text().starts_with("You will get no more news"));
        assert_eq!(app.users.withdrawals.all().len(), 2);
    }
}

/// A look-up that failed is no answer: neither to whom it is, nor to what they asked.
#[tokio::test]
async fn who_cannot_be_looked_up_is_opted_out_all_the_same() {
    let app = TestApp::start_with(|config| {
        config.look_up_limit = std::time::Duration::from_millis(100);
    })
    .await;
    app.users.feel(Health::Failing(503));
    app.deliver([text(1, ALICE, "STOP")]).await;
    app.wait("retried", 1).await;
    assert!(app.line.replies.all().is_empty());
    app.users.feel(Health::Well);
    // Too late for a reply; not too late for what was asked.
    app.advance(60).await;
    app.wait("done", 1).await;
    assert!(!app.users.withdrawals.all().is_empty());
    assert!(app.line.replies.all().is_empty());
}

#[tokio::test]
async fn it_waits_for_api_users_three_days_and_is_then_parked() {
    let app = TestApp::start().await;
    app.users.feel(Health::NotWriting(500));
    app.deliver([text(1, ALICE, "STOP")]).await;
    let three_days = 3 * 24 * 3600;
    for (retried, pause) in [(1, 1), (2, 5), (3, 30), (4, 300), (5, 300), (6, three_days)] {
        app.wait("retried", retried).await;
        app.advance(pause).await;
    }
    app.wait("parked", 1).await;
    let reason =
        "select count(*) from event where state = 'parked' and last_error = 'opt-out-not-recorded'";
    assert_eq!(app.count(reason).await, 1);
}
