//! Group commit, without a database in it: callers hand in one job each, and what waits while the last group is being
//! done becomes the next group. One durable commit then pays for all of them.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use tokio::sync::{mpsc, oneshot};

/// Hands jobs to one runner, which does them in groups. Clones share the runner; it ends with the last of them.
pub struct Batcher<Job, Answer> {
    queue: mpsc::Sender<Entry<Job, Answer>>,
}

struct Entry<Job, Answer> {
    job: Job,
    answer: oneshot::Sender<Answer>,
}

/// Why a job was not done, or why nobody knows whether it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatcherError {
    /// Too many jobs wait; this one was not taken.
    #[error("too much is waiting already")]
    Full,
    /// Its group broke down.
    #[error("the group was not finished")]
    BrokeDown,
}

impl<Job, Answer> Clone for Batcher<Job, Answer> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<Job, Answer> Batcher<Job, Answer>
where
    Job: Send + 'static,
    Answer: Send + 'static,
{
    /// Starts the runner. At most `waiting` jobs wait; a group has at most `most`. `work` does a group, and answers
    /// each of its jobs, in their order.
    pub fn spawn<Work, Done>(waiting: usize, most: usize, mut work: Work) -> Self
    where
        Work: FnMut(Vec<Job>) -> Done + Send + 'static,
        Done: Future<Output = Vec<Answer>> + Send,
    {
        let (queue, mut waiting) = mpsc::channel::<Entry<Job, Answer>>(waiting);
        tokio::spawn(async move {
            let mut group = Vec::with_capacity(most);
            while waiting.recv_many(&mut group, most).await > 0 {
                let (jobs, callers): (Vec<_>, Vec<_>) = group
                    .drain(..)
                    .map(|entry| (entry.job, entry.answer))
                    .unzip();
                // A panic costs its own group, whose callers are told; not everybody after it.
                let done = AssertUnwindSafe(async { work(jobs).await }).catch_unwind();
                for (caller, answer) in callers.into_iter().zip(done.await.unwrap_or_default()) {
                    // Whoever no longer waits has been answered by a deadline. The job is done all the same.
                    let _ = caller.send(answer);
                }
            }
        });
        Self { queue }
    }

    /// Has the job done, or refuses it at once if too much waits.
    pub async fn offer(&self, job: Job) -> Result<Answer, BatcherError> {
        let (answer, done) = oneshot::channel();
        match self.queue.try_send(Entry { job, answer }) {
            Ok(()) => done.await.map_err(|_| BatcherError::BrokeDown),
            Err(mpsc::error::TrySendError::Full(_)) => Err(BatcherError::Full),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(BatcherError::BrokeDown),
        }
    }

    /// Has the job done, however long it must wait for its turn.
    pub async fn submit(&self, job: Job) -> Result<Answer, BatcherError> {
        let (answer, done) = oneshot::channel();
        let sent = self.queue.send(Entry { job, answer }).await;
        sent.map_err(|_| BatcherError::BrokeDown)?;
        done.await.map_err(|_| BatcherError::BrokeDown)
    }
}
