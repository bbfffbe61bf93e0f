//! Group commit: what many ask for at once is done in one transaction.

use service_kit::Batcher;
use tokio_util::sync::CancellationToken;

use super::{Database, PATIENCE, StoreError};

/// How many requests wait to be stored. Whoever comes after them is sent away at once.
const WAITING: usize = 1024;

/// How many requests one commit stores, and how many marks of the worker's it takes.
const GROUP: usize = 128;

/// Has `work` done in groups. Every job of a group shares its end.
pub(super) fn commit<Job, Answer, Done>(
    database: &Database,
    broken: &CancellationToken,
    work: impl Fn(Database, Vec<Job>) -> Done + Send + Sync + 'static,
) -> Batcher<Job, Result<Answer, StoreError>>
where
    Job: Send + 'static,
    Answer: Send + 'static,
    Done: Future<Output = Result<Vec<Answer>, sqlx::Error>> + Send + 'static,
{
    let (database, broken) = (database.clone(), broken.clone());
    Batcher::spawn(WAITING, GROUP, move |jobs: Vec<Job>| {
        let count = jobs.len();
        let done = (!broken.is_cancelled()).then(|| {
            let (done, broken) = (work(database.clone(), jobs), broken.clone());
            // A task of its own: whoever gives up waiting does not break off what the database is doing, and an error that comes
            // late is judged all the same.
            tokio::spawn(async move { done.await.map_err(|error| StoreError::new(error, &broken)) })
        });
        async move {
            let error = match done {
                None => StoreError::BrokeDown,
                Some(done) => match tokio::time::timeout(PATIENCE, done).await {
                    Ok(Ok(Ok(answers))) => return answers.into_iter().map(Ok).collect(),
                    Ok(Ok(Err(error))) => error,
                    Ok(Err(_)) => StoreError::BrokeDown,
                    Err(_) => StoreError::Late,
                },
            };
            vec![error; count].into_iter().map(Err).collect()
        }
    })
}
