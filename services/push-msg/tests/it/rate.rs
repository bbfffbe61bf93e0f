//! No more calls than LINE allows. What is bounded here is from one side: a slow machine only makes fewer calls.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use push_msg::RunReport;
use serde_json::json;

use crate::fake::line::{Call, Fault};
use crate::fake::users::line_with;
use crate::stage::{Stage, TODAY};

/// What we make in a second at most; LINE allows twice as many.
pub(crate) const MULTICASTS_PER_SECOND: u32 = 100;
/// As many may leave together as one look at the ledger shows.
const TOGETHER: u32 = 30;

/// How long it was until the last of these calls came.
fn until_last(calls: &[Call], begun: Instant) -> Duration {
    calls.iter().map(|call| call.at).max().unwrap() - begun
}

/// One campaign of a hundred languages, each read by one member: a hundred multicasts.
fn of_a_hundred(name: &str) -> String {
    let mut yaml = TODAY.replace("name: today", &format!("name: {name}"));
    yaml.push_str("language: en\nvariants:\n");
    for language in languages() {
        writeln!(yaml, "  {language}: [{{type: text, text: hi}}]").unwrap();
    }
    yaml
}

fn languages() -> impl Iterator<Item = String> {
    let letters = || (b'a'..=b'z').map(char::from);
    let pairs = letters().flat_map(move |one| letters().map(move |other| format!("{one}{other}")));
    pairs.filter(|pair| pair != "en").take(100)
}

/// A hundred members who read a language each.
pub(crate) fn stage_a_hundred(stage: &Stage) {
    let reads = |(n, language)| line_with(n, &json!({ "language": language }));
    let lines = (1..).zip(languages()).map(reads).collect();
    stage.users.set_lines(lines);
    stage.write_campaign("today.yaml", &of_a_hundred("today"));
}

#[tokio::test]
async fn i08_two_pushers_together_stay_below_the_rate() {
    let stage = Stage::set(0).await;
    stage_a_hundred(&stage);
    stage.write_campaign("tomorrow.yaml", &of_a_hundred("tomorrow"));
    let one = stage.app().await;
    let begun = Instant::now();
    let reports: [RunReport; 2] = if stage.is_shared() {
        let other = stage.app().await;
        let (one, other) = tokio::join!(one.run_once(), other.run_once());
        [one.unwrap(), other.unwrap()]
    } else {
        let (one, other) = tokio::join!(one.run_once(), one.run_once());
        [one.unwrap(), other.unwrap()]
    };
    assert!(reports.iter().all(RunReport::is_fine), "{reports:?}");
    let calls = stage.line.calls();
    assert_eq!(calls.len(), 200);
    let least = Duration::from_secs(1) * (200 - 2 * TOGETHER) / MULTICASTS_PER_SECOND;
    let lasted = until_last(&calls, begun);
    assert!(lasted >= least, "200 calls in {lasted:?}");
}

#[tokio::test]
async fn i08_while_line_says_that_it_is_too_much_calls_come_one_by_one_and_ever_later() {
    const WAIT: Duration = Duration::from_millis(100);
    let mut stage = Stage::set(5000).await;
    stage.config.backoff.first = WAIT;
    stage.config.backoff.longest = 10 * WAIT;
    let message = "The API rate limit has been exceeded. Try again later.";
    stage.line.always(Some(Fault::Answer(429, message)));
    stage.run().await;
    let calls = stage.line.calls();
    // Three batches, each of them three times: after one wait, and after two.
    assert_eq!(calls.len(), 9);
    // Each wait begins after the answer before it.
    let lasted = until_last(&calls, calls[0].at);
    assert!(lasted >= 9 * WAIT, "9 calls in {lasted:?}");
    stage.line.always(None);
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(5000);
}

#[tokio::test]
async fn i08_so_it_is_over_all_calls_that_were_on_their_way_together() {
    const WAIT: Duration = Duration::from_millis(100);
    let mut stage = Stage::set(0).await;
    stage_a_hundred(&stage);
    stage.config.backoff.first = WAIT;
    stage.config.backoff.longest = WAIT;
    // As many are accepted as it takes until waves fly together.
    stage.line.next(std::iter::repeat_n(Fault::Html, 9));
    let message = "The API rate limit has been exceeded. Try again later.";
    stage.line.always(Some(Fault::Answer(429, message)));
    stage.run().await;
    let calls = stage.line.calls();
    let is_again = |at: &usize| calls[..*at].iter().any(|call| call.key == calls[*at].key);
    let again: Vec<_> = (9..calls.len()).filter(is_again).collect();
    assert!(again.len() > 10, "{} calls again", again.len());
    let lasted = calls[*again.last().unwrap()].at - calls[9].at;
    let least = WAIT * u32::try_from(again.len()).unwrap();
    assert!(lasted >= least, "{} calls in {lasted:?}", again.len());
    stage.line.always(None);
    assert!(stage.run().await.is_fine());
    stage.line.assert_each_once(100);
}
