//! The scheduler.

use std::time::Duration;

use rstest::rstest;

use crate::fake::line::Fault;
use crate::stage::Stage;

const SOON: Duration = Duration::from_mins(2);

async fn get(url: String) -> (u16, String) {
    let answer = service_kit::http_client::client(service_kit::http_client::Limits::default())
        .get(url)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let body = service_kit::http_client::read_bounded(answer, 1 << 20)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The metrics after the first run, which came to this.
async fn metrics_after(outcome: &str, internal: &str) -> String {
    let counted = format!("push_runs_total{{outcome=\"{outcome}\"}}");
    let metrics = async {
        loop {
            let (_, metrics) = get(format!("{internal}/metrics")).await;
            if metrics.contains(&counted) {
                break metrics;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, metrics).await.unwrap()
}

#[tokio::test]
async fn it_sends_by_itself_reports_itself_and_stops_when_told() {
    let stage = Stage::set(3).await;
    let app = stage.app().await;
    let internal = format!("http://{}", app.internal_addr());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(app.serve(async { drop(stopped.await) }));

    let metrics = metrics_after("fine", &internal).await;
    for line in [
        "push_recipients_accepted_total 3",
        "push_occurrences_standing{state=\"paused_auth\"} 0",
        "push_occurrences_standing{state=\"needs_attention\"} 0",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert_eq!(get(format!("{internal}/livez")).await.0, 200);
    assert_eq!(get(format!("{internal}/readyz")).await.0, 200);
    stage.line.assert_each_once(3);

    stop.send(()).unwrap();
    tokio::time::timeout(SOON, serving)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

/// Each on its own, in the one word that `status` shows.
#[rstest]
#[case::line_takes_no_token("paused_auth", Fault::Answer(403, "no"))]
#[case::line_has_no_quota(
    "paused_quota",
    Fault::Answer(429, "You have reached your monthly limit.")
)]
#[case::line_refuses_the_messages("needs_attention", Fault::Answer(400, "messages[0] is wrong"))]
#[case::line_fails("sending", Fault::Answer(500, "Internal"))]
#[tokio::test]
async fn what_somebody_has_to_see_to_is_a_number(#[case] state: &str, #[case] fault: Fault) {
    let stage = Stage::set(3).await;
    stage.line.always(Some(fault));
    let app = stage.app().await;
    let internal = format!("http://{}", app.internal_addr());
    tokio::spawn(app.serve(std::future::pending()));
    let metrics = metrics_after("attention", &internal).await;
    let lines = metrics.lines();
    let standing: Vec<_> = lines
        .filter(|line| line.starts_with("push_occurrences_standing{") && !line.ends_with(" 0"))
        .collect();
    let expected = format!("push_occurrences_standing{{state=\"{state}\"}} 1");
    assert_eq!(standing, [expected]);
}
