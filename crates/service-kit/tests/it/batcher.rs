//! Group commit: what comes at about the same time shares a commit, and nobody waits for the sake of somebody who may never come.

use futures::future::join_all;
use service_kit::Batcher;
use tokio::task::yield_now;

/// A batcher that answers each job with the size of its group.
fn counting(most: usize) -> Batcher<usize, usize> {
    Batcher::spawn(16, most, |jobs: Vec<usize>| async move {
        vec![jobs.len(); jobs.len()]
    })
}

/// What each of four callers is told, of whom each comes a turn of the scheduler after the one before.
async fn four_in_a_row(batcher: Batcher<usize, usize>) -> Vec<usize> {
    let callers = (0..4).map(|turns| {
        let batcher = &batcher;
        async move {
            for _ in 0..turns {
                yield_now().await;
            }
            batcher.submit(turns).await.unwrap()
        }
    });
    join_all(callers).await
}

#[tokio::test]
async fn a_group_waits_as_long_as_somebody_joins_it() {
    assert_eq!(four_in_a_row(counting(16)).await, [4, 4, 4, 4]);
}

#[tokio::test]
async fn a_group_that_is_full_waits_for_nobody() {
    assert_eq!(four_in_a_row(counting(3)).await, [3, 3, 3, 1]);
}

#[tokio::test]
async fn a_job_on_its_own_is_a_group() {
    assert_eq!(counting(16).submit(0).await, Ok(1));
}
