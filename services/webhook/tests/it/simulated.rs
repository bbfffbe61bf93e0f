//! With the simulated LINE, which knows LINE's contract from another source than we do.

use secrecy::SecretString;
use serde_json::{Value, json};
use service_kit::Clock;
use service_kit::http_client::{read_bounded, send};
use simulator::Simulator;

use crate::harness::{LINK, TestApp};

struct Simulated {
    app: TestApp,
    control: String,
}

impl Simulated {
    async fn start() -> Self {
        let simulator = Simulator::build(simulator::Config::ephemeral())
            .await
            .unwrap();
        let (line, url) = (simulator.line(), simulator.url());
        let credentials = simulator.credentials().clone();
        tokio::spawn(simulator.serve(std::future::pending()));
        let base = url.parse().unwrap();
        let app = TestApp::start_with(|config| {
            config.clock = Clock::system();
            config.line_api_base = base;
            config.line_channel_secret = Some(SecretString::from(credentials.channel_secret));
            config.line_channel_access_token =
                Some(SecretString::from(credentials.channel_access_token));
            config.bot_user_id = Some(line_api::UserId::parse(credentials.bot_user_id).unwrap());
        })
        .await;
        line.set_webhook(format!("{}/callback", app.url));
        Self {
            app,
            control: format!("{url}/_sim"),
        }
    }

    async fn get(&self, path: &str) -> Value {
        read(self.app.client().get(format!("{}{path}", self.control))).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        read(
            self.app
                .client()
                .post(format!("{}{path}", self.control))
                .json(body),
        )
        .await
    }

    /// Does something that makes an event, which the webhook takes.
    async fn act(&self, path: &str, body: &Value) {
        let done = self.post(path, body).await;
        assert_eq!(done["delivery"]["status"], 200, "{path}: {done}");
    }

    async fn person(&self, name: &str) -> String {
        let person = self
            .post("/people", &json!({ "name": name, "language": "en" }))
            .await;
        person["id"].as_str().unwrap().to_owned()
    }

    /// The bot's texts to a person in a chat, once there are `count` of them.
    async fn heard(&self, person: &str, chat: &str, count: usize) -> Vec<String> {
        let mut after = 0;
        let mut texts = Vec::new();
        while texts.len() < count {
            let path = format!(
                "/people/{person}/transcript?from=bot&chat={chat}&after={after}&wait_ms=10000"
            );
            let more = self.get(&path).await;
            let items = more["items"].as_array().unwrap();
            assert!(
                !items.is_empty(),
                "heard {} of {count} in time",
                texts.len()
            );
            texts.extend(
                items
                    .iter()
                    .map(|item| item["message"]["text"].as_str().unwrap().to_owned()),
            );
            after = more["last"].as_u64().unwrap();
        }
        texts
    }
}

async fn read(request: reqwest::RequestBuilder) -> Value {
    let answer = send(request).await.unwrap();
    let status = answer.status();
    let body = read_bounded(answer, 1 << 20).await.unwrap();
    assert!(status.is_success(), "{status} {body:?}");
    serde_json::from_slice(&body).unwrap_or_default()
}

#[tokio::test]
async fn a_stranger_becomes_a_member_in_the_chat() {
    let line = Simulated::start().await;
    let carol = line.person("Carol").await;
    let join_us = format!("You are not our members, please join us in {LINK}?lang=en");
    line.act(&format!("/people/{carol}/follow"), &json!({}))
        .await;
    line.act(&format!("/people/{carol}/say"), &json!({ "text": "hello" }))
        .await;
    assert_eq!(
        line.heard(&carol, "bot", 2).await,
        [join_us.clone(), join_us.clone()]
    );

    line.app.users.add_member(&carol, None);
    line.act(
        &format!("/people/{carol}/say"),
        &json!({ "text": "hello again" }),
    )
    .await;
    assert_eq!(line.heard(&carol, "bot", 3).await[2], "hello again");

    line.act(&format!("/people/{carol}/block"), &json!({}))
        .await;
    let told = line.app.users.friendships.wait(2).await;
    assert_eq!(told[1].1["friendship"], "blocked");
}

#[tokio::test]
async fn a_group_hears_the_bot_when_it_comes_and_when_it_is_mentioned() {
    let line = Simulated::start().await;
    let carol = line.person("Carol").await;
    line.app.users.add_member(&carol, None);
    let group = json!({ "name": "Tea", "people": [carol], "bot": true });
    let group = line.post("/groups", &group).await;
    let group = group["id"]
        .as_str()
        .or(group["group"]["id"].as_str())
        .unwrap()
        .to_owned();
    let say =
        |text, mention_bot| json!({ "text": text, "chat": group, "mention_bot": mention_bot });
    let path = format!("/people/{carol}/say");
    line.act(&path, &say("among us", false)).await;
    line.act(&path, &say("are you there?", true)).await;
    let heard = line.heard(&carol, &group, 2).await;
    assert!(heard[0].ends_with(LINK));
    assert!(heard[1].contains("are you there?") && !heard[1].contains("among us"));
}

#[tokio::test]
async fn every_golden_event_leaves_the_bot_ready_for_the_next() {
    let line = Simulated::start().await;
    let carol = line.person("Carol").await;
    let group = line
        .post(
            "/groups",
            &json!({ "name": "Tea", "people": [carol], "bot": true }),
        )
        .await;
    let group = group["id"]
        .as_str()
        .or(group["group"]["id"].as_str())
        .unwrap()
        .to_owned();
    let names = line.get("/golden").await;
    let patches = [
        json!({}),
        json!({ "replyToken": null }),
        json!({ "source": { "userId": null } }),
        json!({ "mode": "standby", "replyToken": null, "source": null }),
    ];
    for name in names["golden"].as_array().unwrap() {
        for patch in &patches {
            for chat in [Value::Null, json!(group)] {
                let mut event = json!({ "golden": name, "person": carol, "with": patch });
                if !chat.is_null() {
                    event["chat"] = chat;
                }
                let sent = line.post("/events", &json!({ "events": [event] })).await;
                assert_eq!(
                    sent["deliveries"][0]["status"], 200,
                    "{name} {patch}: {sent}"
                );
            }
        }
    }
    line.app.users.add_member(&carol, None);
    line.act(
        &format!("/people/{carol}/say"),
        &json!({ "text": "still there?" }),
    )
    .await;
    let mut count = 1;
    while line.heard(&carol, "bot", count).await.last().unwrap() != "still there?" {
        count += 1;
    }
    let ended = line.app.events("parked").await + line.app.events("retried").await;
    assert_eq!(ended, 0);
    assert_eq!(line.app.events("quarantined").await, 0);
}
