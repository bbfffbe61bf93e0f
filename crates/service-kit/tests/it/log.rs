//! What is written about requests, and what is not.

use std::time::Duration;

use reqwest::StatusCode;
use service_kit::http_client::{self, Limits, send};

use crate::process::Process;

/// Asks for this path again and again.
async fn ask(process: &Process, path: &str, times: usize, status: StatusCode) {
    let client = http_client::client(Limits::default());
    for _ in 0..times {
        let request = client.get(format!("http://{}{path}", process.addr));
        assert_eq!(send(request).await.unwrap().status(), status);
    }
}

/// The `left_out` of each line that sums up.
fn left_out(log: &str) -> Vec<usize> {
    let values = log
        .lines()
        .filter_map(|line| line.split_once("\"left_out\":"));
    values
        .map(|(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        })
        .collect()
}

#[tokio::test]
async fn w51_a_flood_of_failures_is_a_line_a_second() {
    const FLOOD: usize = 3000;
    let process = Process::start(&[], "0");
    let start = std::time::Instant::now();
    ask(&process, "/nothing", FLOOD, StatusCode::NOT_FOUND).await;
    let seconds = usize::try_from(start.elapsed().as_secs()).unwrap() + 2;
    process.terminate();
    let (log, _) = process.end().await;
    let lines = log
        .lines()
        .filter(|line| line.contains("request.id"))
        .count();
    let sums = left_out(&log);
    assert!(sums.len() <= seconds, "{sums:?} in {seconds} s");
    assert!(lines <= 10 * seconds, "{lines} in {seconds} s");
    assert_eq!(lines + sums.iter().sum::<usize>(), FLOOD, "{log}");
}

#[tokio::test]
async fn a_log_that_nobody_reads_does_not_hold_up_the_service() {
    // A pipe holds 64 KiB: less than what a thousand requests are worth.
    let process = Process::start(&[], "0");
    let asking = ask(&process, "/hello/mei", 1000, StatusCode::OK);
    tokio::time::timeout(Duration::from_secs(20), asking)
        .await
        .expect("the service goes on");
    process.terminate();
    let (log, status) = process.end().await;
    assert!(status.success());
    let lines = log.lines().filter(|line| line.contains("request.id"));
    assert_eq!(lines.count(), 1000);
    assert!(log.contains("the last line"), "{log}");
}
