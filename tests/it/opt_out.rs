//! Who says stop in the chat gets no more messages.

use std::time::Duration;

use serde_json::{Value, json};
use service_kit::http_client::send;

use crate::house::{House, UNTIL_THE_MINUTE, json as read};

const A_MINUTE: Duration = Duration::from_mins(1);

/// The person's latest word on news: whether it is yes, and where they said so.
async fn word_on_news(house: &House, person: &str) -> Value {
    let url = house.users(&format!("users/{person}"));
    let member = read(send(house.api(house.http.get(url))).await.unwrap()).await;
    let consents = member["consents"].as_array().unwrap();
    let news = consents.iter().find(|word| word["purpose"] == "news");
    let news = news.unwrap();
    json!([news["granted"], news["channel"]])
}

#[tokio::test]
async fn who_says_stop_is_excluded_from_the_next_occurrence_and_stays_a_member() {
    let house = House::start().await;
    let (mei, chen) = (house.member("Mei").await, house.member("Chen").await);
    house.pass(UNTIL_THE_MINUTE);
    for person in [&mei, &chen] {
        assert!(person.hear().await.unwrap().starts_with("Today is"));
    }
    let confirmed = mei.ask("配信停止。").await.unwrap();
    assert!(
        confirmed.starts_with("You will get no more news from us."),
        "{confirmed}"
    );
    assert_eq!(word_on_news(&house, &mei.id).await, json!([false, "chat"]));
    assert_eq!(
        word_on_news(&house, &chen.id).await,
        json!([true, "website"])
    );

    house.pass(A_MINUTE);
    assert!(chen.hear().await.unwrap().starts_with("Today is"));
    // What she hears next is the answer to this: nothing came between.
    assert_eq!(mei.ask("still a member").await.unwrap(), "still a member");
    house.stop().await;
}
