//! A pod's way to others may open later than it starts.

use std::time::Duration;

use push_msg::Backoff;
use testkit::FaultProxy;
use testkit::fault_proxy::Mode;
use url::Url;

use crate::stage::Stage;

/// So many connections are refused before one is not.
const REFUSED: u64 = 6;

/// The way to this address, closed for now.
async fn closed(to: &mut Url) -> FaultProxy {
    let proxy = FaultProxy::before(to.socket_addrs(|| None).unwrap()[0])
        .await
        .unwrap();
    proxy.set(Mode::Refuse);
    *to = proxy.instead_of(to.as_str()).parse().unwrap();
    proxy
}

/// One run that begins while the way is closed, and during which it opens.
async fn run(stage: &mut Stage, proxy: &FaultProxy) {
    stage.config.backoff = Backoff {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(4),
        attempts: 100_000,
    };
    let app = stage.app().await;
    let opens = async {
        while proxy.connections() < REFUSED {
            tokio::task::yield_now().await;
        }
        proxy.set(Mode::Pass);
    };
    let mut run = std::pin::pin!(app.run_once());
    tokio::select! {
        ended = &mut run => panic!("it gave up: {}", ended.unwrap()),
        () = opens => {}
    }
    let report = run.await.unwrap();
    assert!(report.is_fine(), "{report}");
    stage.line.assert_each_once(3);
}

#[tokio::test]
async fn a_members_api_that_cannot_be_reached_yet_is_asked_again() {
    let mut stage = Stage::set(3).await;
    let proxy = closed(&mut stage.config.users_api).await;
    run(&mut stage, &proxy).await;
}

#[tokio::test]
async fn a_line_that_cannot_be_reached_yet_is_asked_again() {
    let mut stage = Stage::set(3).await;
    let proxy = closed(&mut stage.config.line_api_base).await;
    run(&mut stage, &proxy).await;
}
