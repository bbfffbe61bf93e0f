//! The scheduler.

use std::time::Duration;

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

#[tokio::test]
async fn it_sends_by_itself_reports_itself_and_stops_when_told() {
    let stage = Stage::set(3).await;
    let app = stage.app().await;
    let internal = format!("http://{}", app.internal_addr());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(app.serve(async { drop(stopped.await) }));

    let metrics = async {
        loop {
            let (_, metrics) = get(format!("{internal}/metrics")).await;
            if metrics.contains("push_runs_total{outcome=\"fine\"}") {
                break metrics;
            }
            tokio::task::yield_now().await;
        }
    };
    let metrics = tokio::time::timeout(SOON, metrics).await.unwrap();
    assert!(
        metrics.contains("push_recipients_accepted_total 3"),
        "{metrics}"
    );
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
