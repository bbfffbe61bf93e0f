//! What is true of a file.

use webhook::App;

use crate::events::text;
use crate::harness::{ALICE, Fault, Reply, TestApp};

#[tokio::test]
async fn the_inbox_is_taken_by_one_process() {
    let mut app = TestApp::start().await;
    let second = App::build(app.config()).await.err().unwrap();
    assert!(
        format!("{second:#}").contains("in use by another process"),
        "{second:#}"
    );
    app.kill().await;
    app.resume().await;
}

#[tokio::test]
async fn the_inbox_keeps_a_log_of_what_it_writes() {
    let app = TestApp::start().await;
    let mode = app
        .inbox()
        .await
        .bytes("select cast(journal_mode as blob) from pragma_journal_mode")
        .await;
    assert_eq!(mode, b"wal");
}

/// Nobody else can hold a lease of a file that was opened just now.
#[tokio::test]
async fn what_a_crash_interrupted_goes_on_at_once_and_in_order() {
    let mut app = TestApp::start().await;
    app.line.misbehave([Fault::Hold]);
    let texts = ["interrupted", "next", "last"];
    app.deliver((1..).zip(texts).map(|(id, said)| text(id, ALICE, said)))
        .await;
    app.line.held.wait(1).await;
    app.kill().await;
    app.resume().await;
    let replies = app.line.replies.wait(3).await;
    assert_eq!(replies.iter().map(Reply::text).collect::<Vec<_>>(), texts);
}
