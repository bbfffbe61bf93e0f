//! Who is taken for a member, and what silences the bot: nobody, and nothing.

use serde_json::{Value, json};

use crate::house::{House, SOMETHING_WENT_WRONG, UNTIL_THE_MINUTE, join_text};

#[tokio::test]
async fn while_the_members_api_is_away_nobody_is_taken_for_a_member() {
    let house = House::start().await;
    let (mei, chen) = (house.member("Mei").await, house.friend("Chen").await);
    assert_eq!(mei.ask("hello").await.unwrap(), "hello");
    assert_eq!(chen.ask("hello").await.unwrap(), join_text(&house));

    house.stop_api_users().await;
    assert_eq!(mei.ask("hello?").await.unwrap(), SOMETHING_WENT_WRONG);
    assert_eq!(chen.ask("hello?").await.unwrap(), SOMETHING_WENT_WRONG);
    house.stop().await;
}

/// Every golden event of the simulator, as it is and with what events may lack taken away; then the bot is asked
/// whether it is still there.
#[tokio::test]
async fn no_event_of_any_kind_silences_the_bot() {
    let house = House::start().await;
    let chen = house.friend("Chen").await;
    let golden = house.sim.get("golden").await.unwrap();
    let names: Vec<&str> = golden["golden"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(names.len() > 25, "{names:?}");
    for missing in [
        json!({}),
        json!({ "replyToken": null }),
        json!({ "source": { "userId": null } }),
        json!({ "source": null, "replyToken": null }),
        json!({ "mode": "standby", "replyToken": null }),
        json!({ "replyToken": "00000000000000000000000000000000" }),
    ] {
        let events: Vec<Value> = names
            .iter()
            .map(|name| json!({ "golden": name, "person": chen.id, "with": missing }))
            .collect();
        house
            .sim
            .post("events", &json!({ "events": events }))
            .await
            .unwrap();
    }
    // Only a bot that got through all of that, in order, echoes this to the member that Chen now is.
    house.register(&chen, "Chen").await;
    chen.say("still there?").await.unwrap();
    while chen.hear().await.unwrap() != "still there?" {}
    house.stop().await;
}

#[tokio::test]
async fn a_failed_reply_silences_nobody() {
    let house = House::start().await;
    let chen = house.friend("Chen").await;
    house
        .sim
        .post(
            "faults",
            &json!({ "on": "reply", "answer": { "respond": { "status": 400 } } }),
        )
        .await
        .unwrap();
    chen.say("this answer is refused").await.unwrap();
    assert_eq!(chen.ask("and now?").await.unwrap(), join_text(&house));
    house.stop().await;
}

#[tokio::test]
async fn who_leaves_is_a_stranger_from_the_next_message() {
    let house = House::start().await;
    let mei = house.member("Mei").await;
    assert_eq!(mei.ask("hello").await.unwrap(), "hello");
    let gone = house.api(house.http.delete(house.users(&format!("users/{}", mei.id))));
    assert_eq!(
        service_kit::http_client::send(gone).await.unwrap().status(),
        204
    );
    assert_eq!(mei.ask("hello").await.unwrap(), join_text(&house));
    house.stop().await;
}

#[tokio::test]
async fn a_scheduled_message_reaches_members_who_want_it_and_have_not_blocked_the_bot() {
    let house = House::start().await;
    let (mei, chen) = (house.member("Mei").await, house.friend("Chen").await);
    let blocker = house.member("Dao").await;
    blocker.block().await.unwrap();
    house.pass(UNTIL_THE_MINUTE);
    let message = mei.hear().await.unwrap();
    assert_eq!(message, "Today is 2026/11/21.\nTime is 12:01:00.");
    // Nothing was sent to the others, or it would come before the answer to this.
    assert_eq!(chen.ask("hello").await.unwrap(), join_text(&house));
    house.stop().await;
}
