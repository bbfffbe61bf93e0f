//! Against the simulated LINE, which checks every call by LINE's documentation.

use std::time::Duration;

use push_msg::RunReport;
use secrecy::SecretString;
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits, read_bounded};
use simulator::Simulator;

use crate::fake::users;
use crate::stage::{Stage, TODAY};

pub(crate) struct Phones {
    control: String,
    http: reqwest::Client,
}

impl Phones {
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.control)).json(body);
        self.read(request).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Value {
        let request = self.http.put(format!("{}{path}", self.control)).json(body);
        self.read(request).await
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> Value {
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let body = read_bounded(answer, 1 << 20).await.unwrap();
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// What the bot said to member `n`.
    pub(crate) async fn heard(&self, n: u32) -> Vec<String> {
        let path = format!(
            "{}/people/{}/transcript?from=bot",
            self.control,
            users::luid(n)
        );
        let transcript = self.read(self.http.get(path)).await;
        let items = transcript["items"].as_array().unwrap();
        items.iter().map(ToString::to_string).collect()
    }
}

/// Two friends and one who blocks the bot.
pub(crate) async fn set() -> (Stage, Phones) {
    let mut stage = Stage::set(3).await;
    let mut config = simulator::Config::ephemeral();
    config.clock = stage.config.clock.clone();
    let line = Simulator::build(config).await.unwrap();
    let phones = Phones {
        control: format!("{}/_sim", line.url()),
        http: http_client::client(Limits::default()),
    };
    let token = line.credentials().channel_access_token.clone();
    stage.config.line_channel_access_token = Some(SecretString::from(token));
    stage.config.line_api_base = line.url().parse().unwrap();
    tokio::spawn(line.serve(std::future::pending()));
    for n in 1..=3 {
        let person = json!({"name": "Somebody", "id": users::luid(n), "friend": true});
        phones.post("/people", &person).await;
    }
    let block = format!("/people/{}/block", users::luid(3));
    phones.post(&block, &json!({})).await;
    (stage, phones)
}

fn assert_fine(report: &RunReport) {
    assert!(report.is_fine(), "{report}");
    assert_eq!(report.recipients_accepted, 3);
}

#[tokio::test]
async fn friends_read_it_and_who_blocked_the_bot_does_not() {
    let (stage, phones) = set().await;
    assert_fine(&stage.run().await);
    for n in 1..=2 {
        let heard = phones.heard(n).await;
        assert_eq!(heard.len(), 1);
        assert!(heard[0].contains("Today is 2026/11/21.\\nTime is 00:00:00."));
    }
    assert!(phones.heard(3).await.is_empty());
}

#[tokio::test]
async fn an_acceptance_whose_answer_was_lost_is_not_read_twice() {
    let (stage, phones) = set().await;
    let fault = json!({"on": "multicast", "accept": true, "answer": "cut"});
    phones.post("/faults", &fault).await;
    let report = stage.run().await;
    assert_fine(&report);
    assert_eq!(report.calls, 2);
    assert_eq!(phones.heard(1).await.len(), 1);
}

#[tokio::test]
async fn line_takes_every_kind_of_message_a_campaign_may_hold() {
    let (stage, phones) = set().await;
    let more = r#"
  - {type: sticker, packageId: "446", stickerId: "1988"}
  - {type: location, title: Here, address: 1 Some Road, latitude: 25.03, longitude: 121.56}
  - type: flex
    altText: A bubble
    contents: {type: bubble, body: {type: box, layout: vertical, contents: [{type: text, text: hello}]}}
"#;
    stage.write_campaign("today.yaml", &format!("{TODAY}{more}"));
    assert_fine(&stage.run().await);
    assert_eq!(phones.heard(1).await.len(), 4);
}

/// The demo that a cron job of a cluster ticks: every five minutes, the date and the time of Taipei, whatever clock the
/// cluster goes by and however late the job starts.
#[tokio::test]
async fn r1_every_five_minutes_each_member_reads_the_time_in_taipei() {
    let (stage, phones) = set().await;
    for late in [0, 2, 17, 59, 119, 1] {
        stage.pass(Duration::from_secs(late));
        stage.run().await;
        stage.pass(Duration::from_secs(300 - late));
    }
    let heard = phones.heard(1).await;
    let times = ["00:00", "00:05", "00:10", "00:15", "00:20", "00:25"];
    assert_eq!(heard.len(), times.len());
    for (text, time) in heard.iter().zip(times) {
        let reads = format!("Today is 2026/11/21.\\nTime is {time}:00.");
        assert!(text.contains(&reads), "{text}");
    }
}
