//! I-21: a ledger out of a backup sends nothing twice.

use std::time::Duration;

use chrono::DateTime;
use service_kit::Clock;

use crate::command::push_msg;
use crate::fake::line::Fault;
use crate::stage::Stage;

/// A campaign that is due once, so many seconds after the test began.
fn due(stage: &Stage, name: &str, seconds: i64) {
    let at = stage.config.clock.now().as_seconds() + seconds;
    let at = DateTime::from_timestamp(at, 0).unwrap().to_rfc3339();
    let yaml = format!(
        "name: {name}\nschedule: {{at: \"{at}\"}}\naudience: {{consent: news}}\n\
         messages: [{{type: text, text: Hello}}]\n"
    );
    stage.write_campaign(&format!("{name}.yaml"), &yaml);
}

#[tokio::test]
async fn i21_what_a_backup_does_not_know_to_be_over_is_in_doubt_and_nothing_of_before_is_begun() {
    let mut stage = Stage::set(1001).await;
    // The command goes by the machine's clock.
    stage.config.clock = Clock::manual(Clock::system().now());
    stage.remove_campaign("today.yaml");
    due(&stage, "begun", -10);
    // As the backup has it: one batch may have been accepted, the others wait.
    stage.line.next([Fault::Cut, Fault::Cut, Fault::Cut]);
    stage.line.always(Some(Fault::Answer(403, "no")));
    stage.run().await;
    let calls = stage.line.calls().len();
    stage.line.always(None);
    let (code, said) = push_msg(&stage, &["restored"]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("1 occurrences need attention"), "{said}");
    // It was due before, was perhaps sent, and the backup knows nothing of it.
    due(&stage, "unknown", -5);
    due(&stage, "later", 120);
    stage.run().await;
    assert_eq!(stage.line.calls().len(), calls);
    let doubtful = "select cast(sum(recipients) as bigint) from batch where state = 'in_doubt'";
    assert_eq!(stage.ledger(doubtful).await, 1001);
    stage.pass(Duration::from_mins(2));
    assert_eq!(stage.run().await.recipients_accepted, 1001, "life goes on");
    stage.line.assert_each_once(1001);
}
