//! What makes the simulated suite worth opening: two people to be, and a message every minute.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::json;
use service_kit::http_client::{self, Limits, send};
use url::Url;

use crate::data::write_private;

/// The people at the simulator's page. Their IDs never change, so that who registered yesterday is a member today.
const PEOPLE: [(&str, &str, &str); 2] = [
    ("Alice", "en", "Ua11ce000000000000000000000000001"),
    ("Bob", "zh-TW", "Ub0b00000000000000000000000000002"),
];

const CAMPAIGN: &str = "\
# Sent every minute to every member who ticked the box for news. Change it while kaiin runs, if you like.
name: today
schedule:
  cron: \"* * * * *\"
  zone: Asia/Taipei
# A minute late, it would tell the wrong time.
not_after: 1m
audience:
  consent: news
messages:
  - type: text
    text: |-
      Today is {date}.
      Time is {time}.
";

const MEMBERSHIP: &str = "\
# What members may hear of, beside what Kaiin asks for by itself. Change it, and start kaiin again.
topics:
  - name: events
    title: { zh-TW: 活動, ja: イベント, th: กิจกรรม, en: Events }
    detail:
      zh-TW: 舉辦活動時通知您，每月大約一次。
      ja: イベントの開催をお知らせします。月に1回ほどです。
      th: แจ้งเมื่อมีกิจกรรม ประมาณเดือนละครั้ง
      en: When something is on; about once a month.
  - name: offers
    title: { zh-TW: 會員優惠, ja: 会員特典, th: สิทธิพิเศษสมาชิก, en: Offers for members }
    detail:
      zh-TW: 只有會員才有的優惠。
      ja: 会員の方だけの特典をお届けします。
      th: ข้อเสนอสำหรับสมาชิกเท่านั้น
      en: What only members get.
";

const EXAMPLE: &str = include_str!("../../services/push-msg/campaigns/hello.yaml");

/// Puts the people into the simulator.
pub(crate) async fn add_people(simulator: &Url) -> anyhow::Result<()> {
    let client = http_client::client(Limits::default());
    let people = simulator.join("_sim/people")?;
    for (name, language, id) in PEOPLE {
        let person = json!({ "name": name, "language": language, "id": id });
        let answer = send(client.post(people.clone()).json(&person))
            .await
            .context("the simulator does not answer")?;
        ensure!(
            answer.status().is_success(),
            "the simulator does not take {name}: {}",
            answer.status()
        );
    }
    Ok(())
}

/// Puts what membership offers here into the file, unless it is there.
pub(crate) fn add_membership(path: &Path) -> anyhow::Result<()> {
    add(path, MEMBERSHIP)
}

/// Puts the demonstration into the folder of campaigns, and beside it an example that is not sent until somebody takes
/// `.example` off its name. What is there stays.
pub(crate) fn add_campaigns(folder: &Path) -> anyhow::Result<()> {
    add(&folder.join("today.yaml"), CAMPAIGN)?;
    add(&folder.join("hello.yaml.example"), EXAMPLE)
}

fn add(path: &Path, text: &str) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    write_private(path, text)
}
