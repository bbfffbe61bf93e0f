//! One test per defect of the system that Kaiin descends from, a LINE webhook on Kubernetes of 2021: what it did wrong,
//! seen to be right here. Three more stand where they are at home: a database error that made strangers members (the
//! tests of api-users, and `gate`), a bad signature that was a 500 (`webhook`), and crash traces with the channel's token
//! in them (`browser`, which reads the whole log).

use std::time::Duration;

use reqwest::header::{LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use service_kit::http_client::send;
use url::Url;

use crate::house::{House, UNTIL_THE_MINUTE, join_text, json};

/// There, a stranger's unfollow, which has no reply token, ended the process.
#[tokio::test]
async fn a_strangers_unfollow_ends_nothing() {
    let house = House::start().await;
    let (chen, dao) = (house.friend("Chen").await, house.friend("Dao").await);
    chen.block().await.unwrap();
    assert_eq!(dao.ask("hello").await.unwrap(), join_text(&house));
    house.stop().await;
}

/// There, the first successful registration ended the members' API.
#[tokio::test]
async fn the_first_registration_is_followed_by_a_second() {
    let house = House::start().await;
    let (mei, chen) = (house.member("Mei").await, house.member("Chen").await);
    assert_eq!(mei.ask("hello").await.unwrap(), "hello");
    assert_eq!(chen.ask("hello").await.unwrap(), "hello");
    house.stop().await;
}

/// There, a second registration answered 200 although the document said 409.
#[tokio::test]
async fn a_second_registration_of_one_person_conflicts() {
    let house = House::start().await;
    let mei = house.member("Mei").await;
    let again = house
        .api(house.http.post(house.users("register")))
        .json(&json!({ "luid": mei.id, "display_name": "Mei" }));
    let answer = send(again).await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(json(answer).await["type"], "/problems/already-registered");
    house.stop().await;
}

/// There, anyone could list and register members, all of them at once, through the ingress.
#[tokio::test]
async fn the_members_are_nobody_elses_business_and_come_in_pages() {
    let house = House::start().await;
    for name in ["Mei", "Chen", "Dao"] {
        house.member(name).await;
    }
    for list in [
        house.users("users"),
        house.ready.website.join("api/users").unwrap(),
    ] {
        let anonymous = send(house.http.get(list.clone())).await.unwrap();
        assert_eq!(anonymous.status(), 401);
        assert!(anonymous.headers().contains_key("www-authenticate"));
        let page = json(
            send(house.api(house.http.get(list)).query(&[("limit", "2")]))
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(page["members"].as_array().unwrap().len(), 2);
        assert!(page["next_cursor"].is_string());
    }
    let register = house.http.post(house.users("register")).json(&json!({}));
    assert_eq!(send(register).await.unwrap().status(), 401);
    house.stop().await;
}

/// There, the login's `state` was the constant `123` and never checked; no nonce, no PKCE, a redirect address in the code.
#[tokio::test]
async fn every_login_has_secrets_of_its_own_and_a_forged_one_fails() {
    let house = House::start().await;
    let login = house.ready.website.join("auth/login?lang=en").unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = send(house.http.get(login.clone())).await.unwrap();
        assert_eq!(answer.status(), 303);
        let authorize = Url::parse(answer.headers()[LOCATION].to_str().unwrap()).unwrap();
        let query = |name: &str| {
            authorize
                .query_pairs()
                .find(|(key, _)| key == name)
                .unwrap()
                .1
                .into_owned()
        };
        assert_eq!(
            query("redirect_uri"),
            house.ready.website.join("auth/callback").unwrap().as_str()
        );
        assert_eq!(query("code_challenge_method"), "S256");
        for name in ["state", "nonce", "code_challenge"] {
            let secret = query(name);
            assert!(secret.len() >= 43, "{name} is short");
            assert!(!seen.contains(&secret), "{name} came twice");
            seen.push(secret);
        }
    }
    let forged = house
        .ready
        .website
        .join("auth/callback?code=stolen&state=123")
        .unwrap();
    let answer = send(house.http.get(forged)).await.unwrap();
    assert_eq!(answer.headers()[LOCATION], "/en/sign-in-failed/expired");
    house.stop().await;
}

/// There, the access token was handed to the browser.
#[tokio::test]
async fn no_token_of_lines_reaches_the_browser() {
    let house = House::start().await;
    let mei = house.friend("Mei").await;
    let website = &house.ready.website;
    let login = send(house.http.get(website.join("auth/login?lang=en").unwrap()))
        .await
        .unwrap();
    let cookie = login.headers()[SET_COOKIE]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let consent = json!({ "url": login.headers()[LOCATION].to_str().unwrap() });
    let callback = house
        .sim
        .post(&format!("people/{}/authorize", mei.id), &consent)
        .await
        .unwrap();
    let callback = house
        .http
        .get(callback["location"].as_str().unwrap())
        .header("cookie", cookie);
    let signed_in = send(callback).await.unwrap();
    assert_eq!(signed_in.headers()[LOCATION], "/en/register");
    let mut cookies = signed_in
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap().to_owned());
    let session = cookies
        .find(|cookie| cookie.starts_with("__Host-kaiin-session="))
        .unwrap();
    let page = house
        .http
        .get(website.join("member/session").unwrap())
        .header("cookie", session.split(';').next().unwrap());
    let page = json(send(page).await.unwrap()).await;
    assert_eq!(page["visitor"]["display_name"], "Mei");

    let issued = house.sim.get("calls?operation=token").await.unwrap();
    let tokens = &issued["calls"][0]["answer"]["body"];
    let shown = format!("{page} {:?}", signed_in.headers());
    for token in ["access_token", "refresh_token", "id_token"] {
        let token = tokens[token].as_str().unwrap();
        assert!(!shown.contains(token));
    }
    house.stop().await;
}

/// There, everything was done before the 200, and LINE gives up after two seconds.
#[tokio::test]
async fn line_has_its_200_however_slow_the_rest_is() {
    let house = House::start().await;
    let chen = house.friend("Chen").await;
    house
        .sim
        .post("faults", &json!({ "on": "reply", "answer": "hang" }))
        .await
        .unwrap();
    let body = json!({ "events": [{ "golden": "text", "person": chen.id }] });
    let delivered = house.sim.post("events", &body).await.unwrap();
    assert_eq!(delivered["deliveries"][0]["status"], 200, "{delivered}");
    house.stop().await;
}

/// There, an event that came twice was answered twice.
#[tokio::test]
async fn an_event_delivered_five_times_is_answered_once() {
    let house = House::start().await;
    let mei = house.member("Mei").await;
    let event =
        json!({ "golden": "text", "person": mei.id, "with": { "message": { "text": "once" } } });
    house
        .sim
        .post(
            "events",
            &json!({ "events": [event], "copies": 5, "parallel": true }),
        )
        .await
        .unwrap();
    assert_eq!(mei.hear().await.unwrap(), "once");
    assert_eq!(mei.ask("twice?").await.unwrap(), "twice?");
    house.stop().await;
}

/// There, a message in a group without a user ID was looked up as the member `undefined`.
#[tokio::test]
async fn a_group_message_without_a_user_is_nobodys() {
    let house = House::start().await;
    let chen = house.friend("Chen").await;
    let group = house
        .sim
        .post(
            "groups",
            &json!({ "name": "Tea", "people": [chen.id], "bot": true }),
        )
        .await
        .unwrap();
    let event =
        json!({ "golden": "text", "chat": group["id"], "with": { "source": { "userId": null } } });
    house
        .sim
        .post("events", &json!({ "events": [event] }))
        .await
        .unwrap();
    assert_eq!(chen.ask("hello").await.unwrap(), join_text(&house));
    let metrics = house.internal("api_users", "metrics").await;
    assert!(!metrics.contains(r#"status="400""#), "{metrics}");
    house.stop().await;
}

/// There, each member cost a call, without a retry key, and a refusal went unseen.
#[tokio::test]
async fn one_multicast_with_a_retry_key_reaches_all_and_a_refused_one_is_repeated() {
    let house = House::start().await;
    let (mei, chen) = (house.member("Mei").await, house.member("Chen").await);
    let busy = json!({ "status": 429, "body": { "message": "The API rate limit has been exceeded. Try again later." } });
    house
        .sim
        .post(
            "faults",
            &json!({ "on": "multicast", "answer": { "respond": busy } }),
        )
        .await
        .unwrap();
    house.pass(UNTIL_THE_MINUTE);
    assert!(mei.hear().await.unwrap().starts_with("Today is "));
    assert!(chen.hear().await.unwrap().starts_with("Today is "));
    let calls = house.sim.get("calls?operation=multicast").await.unwrap();
    let calls = calls["calls"].as_array().unwrap();
    let keys: Vec<&Value> = calls
        .iter()
        .map(|call| &call["request"]["headers"]["x-line-retry-key"])
        .collect();
    assert_eq!(calls.len(), 2, "{keys:?}");
    assert!(keys[0].is_string() && keys[0] == keys[1]);
    assert_eq!(calls[0]["request"]["body"], calls[1]["request"]["body"]);
    assert_eq!(
        calls[1]["request"]["body"]["to"].as_array().unwrap().len(),
        2
    );
    house.stop().await;
}

/// There, the scheduled text told the server's time.
#[tokio::test]
async fn the_scheduled_text_tells_the_campaigns_own_time() {
    let house = House::start().await;
    let mei = house.member("Mei").await;
    house.pass(UNTIL_THE_MINUTE);
    // 04:01 in UTC.
    assert_eq!(
        mei.hear().await.unwrap(),
        "Today is 2026/11/21.\nTime is 12:01:00."
    );
    house.stop().await;
}

/// There, nobody could leave.
#[tokio::test]
async fn a_member_can_leave_and_come_back() {
    let house = House::start().await;
    let mei = house.member("Mei").await;
    let leave = house.api(house.http.delete(house.users(&format!("users/{}", mei.id))));
    assert_eq!(send(leave).await.unwrap().status(), 204);
    assert_eq!(mei.ask("hello").await.unwrap(), join_text(&house));
    house.pass(Duration::from_secs(1));
    house.register(&mei, "Mei").await;
    assert_eq!(mei.ask("hello").await.unwrap(), "hello");
    house.stop().await;
}
