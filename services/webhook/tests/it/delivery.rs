//! What signed bodies hold: known, unknown, malformed, and what is no delivery at all.

use serde_json::{Value, json};
use testkit::tier::Tier;

use crate::events::{event, follow, group, sticker, text, text_in, token, user, with, without};
use crate::harness::{ALICE, BOB, Reply, START, TestApp, delivery, sign};

const EVENTS: &str = "select count(*) from event";
const ASIDE: &str = "select count(*) from quarantine";

#[tokio::test]
async fn w02_an_event_is_stored_before_the_answer() {
    let app = TestApp::start().await;
    app.deliver([text(1, ALICE, "hello")]).await;
    assert_eq!(app.count(EVENTS).await, 1);
}

#[tokio::test]
async fn w13_w14_w37_signed_bytes_that_are_no_delivery_are_kept_aside() {
    let app = TestApp::start().await;
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let odd = [
        "",
        "hello",
        "[]",
        "\"events\"",
        "null",
        "{}",
        r#"{"events":{}}"#,
        r#"{"events":null}"#,
        r#"{"destination":"U0","events":"none"}"#,
        "{\"events\":[",
        "\u{feff}{\"events\":",
        &deep,
    ];
    for body in odd {
        assert_eq!(app.post(body).await.status(), 200, "{body:.40}");
    }
    assert_eq!(app.count(EVENTS).await, 0);
    assert_eq!(app.count(ASIDE).await, i64::try_from(odd.len()).unwrap());
    assert_eq!(app.events("quarantined").await, odd.len());
    // The same bytes are kept once.
    assert_eq!(app.post("hello").await.status(), 200);
    assert_eq!(app.count(ASIDE).await, i64::try_from(odd.len()).unwrap());
    let short = "select raw from quarantine where length(raw) = 5";
    assert_eq!(app.inbox().await.bytes(short).await, b"hello");
}

#[tokio::test]
async fn w36_what_is_not_signed_is_not_even_read() {
    let app = TestApp::start().await;
    let deep = "[".repeat(10_000);
    assert_eq!(
        app.post_signed(deep, &sign("another secret", b""))
            .await
            .status(),
        401
    );
    assert_eq!(app.count(ASIDE).await, 0);
}

#[tokio::test]
async fn w15_no_events_is_a_check_of_the_connection() {
    let app = TestApp::start().await;
    app.deliver([]).await;
    assert_eq!(app.count(EVENTS).await, 0);
    assert_eq!(app.count(ASIDE).await, 0);
}

#[tokio::test]
async fn w16_w20_an_odd_event_costs_the_others_nothing() {
    let app = TestApp::start().await;
    let mut events: Vec<_> = (1..=10)
        .map(|id| text(id, ALICE, &id.to_string()))
        .collect();
    events.insert(
        3,
        event(20, "a type of tomorrow", &user(ALICE), json!({ "news": 1 })),
    );
    events.insert(5, json!("not an event"));
    events.insert(
        7,
        event(21, "message", &user(ALICE), json!({ "message": 7 })),
    );
    events.insert(
        9,
        event(
            22,
            "message",
            &user(ALICE),
            json!({ "message": { "id": "1", "type": "hologram" } }),
        ),
    );
    app.deliver(events).await;
    let replies = app.line.replies.wait(10).await;
    let mut texts: Vec<_> = replies
        .iter()
        .map(|reply| reply.text().to_owned())
        .collect();
    texts.sort_by_key(|text| text.parse::<u8>().unwrap());
    assert_eq!(texts, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    assert_eq!(app.events("unknown").await, 2);
    assert_eq!(app.events("quarantined").await, 2);
    app.wait("done", 12).await;
    assert_eq!(app.count(EVENTS).await, 12);
}

#[tokio::test]
async fn w17_unknown_members_order_and_blanks_do_not_matter() {
    let app = TestApp::start().await;
    let event = with(
        text(1, ALICE, "hello"),
        "aNewMember",
        json!({ "deep": [1, { "x": null }] }),
    );
    let body = json!({ "events": [event], "somethingNew": true, "destination": "U8" });
    let body = serde_json::to_vec_pretty(&body).unwrap();
    assert_eq!(app.post(body).await.status(), 200);
    assert_eq!(app.line.replies.wait(1).await[0].text(), "hello");
}

#[tokio::test]
async fn w18_an_event_without_an_id_is_known_by_its_content() {
    let app = TestApp::start().await;
    let event = without(text(1, ALICE, "hello"), "webhookEventId");
    let again = with(
        event.clone(),
        "deliveryContext",
        json!({ "isRedelivery": true }),
    );
    let other = without(text(2, ALICE, "again"), "webhookEventId");
    app.deliver([event]).await;
    app.deliver([again, other]).await;
    app.line.replies.wait(2).await;
    assert_eq!(app.count(EVENTS).await, 2);
    assert_eq!(app.events("duplicate").await, 1);
}

#[tokio::test]
async fn w19_a_hundred_events_come_in_one_transaction() {
    let app = TestApp::start().await;
    let events = (1..=100).map(|id| text_in(id, &user(&format!("U{id:032x}")), "hello"));
    app.deliver(events).await;
    assert_eq!(app.count(EVENTS).await, 100);
    app.line.replies.wait(100).await;
}

#[tokio::test]
async fn w21_the_same_event_twice_in_one_body_is_one() {
    let app = TestApp::start().await;
    app.deliver([
        text(1, ALICE, "hello"),
        text(1, ALICE, "hello"),
        text(2, ALICE, "last"),
    ])
    .await;
    let replies = app.line.replies.wait(2).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["hello", "last"]
    );
}

#[tokio::test]
async fn w22_i2_sixty_four_deliveries_at_once_are_one_event() {
    let app = TestApp::start().await;
    let rounds = Tier::from_env().pick(20, 200);
    for round in 1..=rounds {
        let id = i64::try_from(round).unwrap();
        let body = delivery([text(id, ALICE, "hello")]);
        let posts = (0..64).map(|_| app.post(body.clone()));
        for answer in futures::future::join_all(posts).await {
            assert_eq!(answer.status(), 200);
        }
        assert_eq!(app.count(EVENTS).await, id);
        assert_eq!(app.events("duplicate").await, 63 * round);
        assert_eq!(app.line.replies.wait(round).await.len(), round);
    }
    app.wait("done", rounds).await;
    assert_eq!(app.line.replies.all().len(), rounds);
}

#[tokio::test]
async fn the_same_events_in_requests_of_other_orders_are_stored_once() {
    let app = TestApp::start().await;
    let events: Vec<_> = (1..=40)
        .map(|id| text(id, &format!("U{id:032x}"), "hello"))
        .collect();
    let posts = (0..32).map(|shift| {
        let mut events = events.clone();
        events.rotate_left(shift);
        app.post(delivery(events))
    });
    for answer in futures::future::join_all(posts).await {
        assert_eq!(answer.status(), 200);
    }
    assert_eq!(app.count(EVENTS).await, 40);
    assert_eq!(app.events("received").await, 40);
    assert_eq!(app.events("duplicate").await, 31 * 40);
    app.wait("done", 40).await;
    assert_eq!(app.line.replies.all().len(), 40);
}

#[tokio::test]
async fn w25_a_time_that_cannot_be_believed_poisons_nothing() {
    let app = TestApp::start().await;
    let times = [
        json!(START.as_millis() + 86_400_000),
        json!(-5),
        json!(9_223_372_036_854_775_808_u64),
        json!(1.5),
        json!("yesterday"),
        Value::Null,
    ];
    let events = (1..)
        .zip(times)
        .map(|(id, time)| with(text(id, ALICE, "hello"), "timestamp", time));
    app.deliver(events).await;
    assert_eq!(app.line.replies.wait(6).await.len(), 6);
    assert_eq!(
        app.count("select count(*) from event where event_at <> received_at")
            .await,
        0
    );
}

#[tokio::test]
async fn w25_a_follow_from_the_future_does_not_win_for_ever() {
    let app = TestApp::start().await;
    let future = json!(START.as_millis() + 86_400_000);
    app.deliver([with(follow(1, ALICE), "timestamp", future)])
        .await;
    let (_, change) = app.users.friendships.wait(1).await.remove(0);
    assert_eq!(change["event_at"], START.as_millis());
}

#[tokio::test]
async fn w26_events_for_another_bot_are_kept_aside_if_ours_is_known() {
    let bot = line_api::UserId::parse(crate::harness::BOT).unwrap();
    let app = TestApp::start_with(|config| config.bot_user_id = Some(bot)).await;
    let body = json!({ "destination": BOB, "events": [text(1, ALICE, "hello")] });
    assert_eq!(app.post(body.to_string()).await.status(), 200);
    assert_eq!((app.count(EVENTS).await, app.count(ASIDE).await), (0, 1));
    app.deliver([text(2, ALICE, "ours")]).await;
    assert_eq!(app.line.replies.wait(1).await[0].text(), "ours");
}

#[tokio::test]
async fn w38_bytes_that_are_not_utf8_are_stored_as_they_came() {
    let app = TestApp::start().await;
    let body = delivery([sticker(1, &user(ALICE)), text(2, BOB, "\u{1}")]);
    let place = body.windows(6).position(|part| part == b"\\u0001").unwrap();
    let broken = [&body[..place], &[0xff, 0xfe], &body[place + 6..]].concat();
    app.line.misbehave([crate::harness::Fault::Hold]);
    assert_eq!(app.post(broken).await.status(), 200);
    app.line.held.wait(1).await;
    let raw = "select raw from event where event_key like '%2'";
    let raw = app.inbox().await.bytes(raw).await;
    assert!(raw.windows(2).any(|bytes| bytes == [0xff, 0xfe]));
    app.line.release(1);
    app.line.replies.wait(1).await;
}

#[tokio::test]
async fn w38_to_w42_texts_come_back_as_they_were() {
    let app = TestApp::start().await;
    let family = "👨‍👩‍👧‍👦".repeat(200);
    let texts = [
        "'); DROP TABLE event;--",
        "a\u{0}b",
        "right \u{202e}to left",
        &family,
        "line\r\nbreak \u{1b}[31mred",
        "<script>",
        "{link}",
    ];
    app.deliver((1..).zip(texts).map(|(id, said)| text(id, ALICE, said)))
        .await;
    let replies = app.line.replies.wait(texts.len()).await;
    assert_eq!(replies.iter().map(Reply::text).collect::<Vec<_>>(), texts);
}

#[tokio::test]
async fn w39_a_nul_wherever_it_stands_is_stored_and_acted_on() {
    let app = TestApp::start().await;
    let nul = |event, member: &str| with(event, member, json!("a\u{0}b"));
    let message = json!({ "id": "1\u{0}", "type": "text", "text": "a\u{0}b" });
    app.deliver([
        nul(text(1, ALICE, "id"), "webhookEventId"),
        nul(text(2, ALICE, "type"), "type"),
        event(3, "message", &user(ALICE), json!({ "message": message })),
        event(
            4,
            "join",
            &json!({ "type": "group", "groupId": "C\u{0}" }),
            json!({}),
        ),
        event(
            5,
            "unsend",
            &user(ALICE),
            json!({ "unsend": { "messageId": "1\u{0}" } }),
        ),
    ])
    .await;
    app.wait("done", 5).await;
    assert_eq!(app.count(EVENTS).await, 5);
    let replies = app.line.replies.all();
    assert_eq!(replies.len(), 3);
    assert!(replies.iter().any(|reply| reply.text() == "a\u{0}b"));
}

#[tokio::test]
async fn w38_half_a_surrogate_pair_costs_nothing_but_itself() {
    let app = TestApp::start().await;
    let body = String::from_utf8(delivery([text(1, ALICE, "half HERE")])).unwrap();
    assert_eq!(
        app.post(body.replace("HERE", "\\ud83d")).await.status(),
        200
    );
    assert!(
        app.line.replies.wait(1).await[0]
            .text()
            .starts_with("half ")
    );
}

#[tokio::test]
async fn w43_odd_ids_are_looked_up_nowhere() {
    let app = TestApp::start().await;
    app.deliver([
        text(1, "nobody", "hello"),
        text(2, "U123/../../admin", "hello"),
        with(text(3, ALICE, "hello"), "source", json!({ "type": "user" })),
        text_in(4, &group(None), "hello"),
        with(text(5, ALICE, "hello"), "source", json!({ "type": "room" })),
        with(text(6, ALICE, "hello"), "source", json!("nowhere")),
        text(7, ALICE, "last"),
    ])
    .await;
    app.wait("done", 7).await;
    assert_eq!(app.users.look_ups.all(), [ALICE]);
    let answered: Vec<_> = app
        .line
        .replies
        .all()
        .into_iter()
        .map(|reply| reply.token)
        .collect();
    for id in [4, 5, 6] {
        assert!(
            !answered.contains(&token(id)),
            "event {id} is not one-to-one"
        );
    }
}
