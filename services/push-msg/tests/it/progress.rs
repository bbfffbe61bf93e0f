//! A long send says how far it is.

use std::time::Duration;

use testkit::log::Log;
use tokio::process::Command;

use crate::fake::line::Fault;
use crate::stage::Stage;

/// `script` runs it on a terminal, and writes down what is seen there.
#[tokio::test]
async fn on_a_terminal_a_bar_grows() {
    let stage = Stage::set(5000).await;
    stage.write_due(&[]);
    let run = concat!(env!("CARGO_BIN_EXE_push-msg"), " run --once");
    let output = Command::new("script")
        .args(["-qec", run, "/dev/null"])
        .envs(stage.settings())
        .output()
        .await
        .unwrap();
    let seen = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{seen}");
    let empty = "\u{2591}".repeat(30);
    let full = "\u{2588}".repeat(30);
    let begin = seen.find(&format!(" {empty} 0/5000 accepted")).unwrap();
    let end = seen.find(&format!(" {full} 5000/5000 accepted")).unwrap();
    assert!(begin < end, "{seen}");
    assert!(!seen.contains("so far"), "{seen}");
    stage.line.assert_each_once(5000);
}

#[tokio::test]
async fn elsewhere_a_line_comes_now_and_then() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let stage = Stage::set(5000).await;
    stage.line.next([Fault::Hold]);
    let app = stage.app().await;
    let held = async {
        stage.line.hanging.notified().await;
        stage.pass(Duration::from_secs(11));
        stage.line.release.notify_one();
    };
    let (report, ()) = tokio::join!(app.run_once(), held);
    assert!(report.unwrap().is_fine());
    let log = log.text();
    assert!(
        log.contains("LINE accepted 500 of 5000 recipients so far"),
        "{log}"
    );
    // Ten seconds pass once.
    assert_eq!(log.matches("so far").count(), 1, "{log}");
    assert!(!log.contains('\u{2591}'), "{log}");
}
