//! Group commit, without a database in it: callers hand in one job each, and what waits while the last group is being
//! done becomes the next group. One durable commit then pays for all of them.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Hands jobs to one runner, which does them in groups. Clones share the runner; it ends with the last of them.
pub struct Batcher<Job, Answer> {
    queue: mpsc::Sender<Entry<Job, Answer>>,
    most: usize,
    pace: Arc<Mutex<Pace>>,
}

/// How fast groups are done.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    /// What one took lately.
    group: Duration,
    /// When the one that is being done was begun.
    begun: Option<Instant>,
}

impl Pace {
    fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }

    fn end(&mut self) {
        if let Some(begun) = self.begun.take() {
            self.group = (self.group + begun.elapsed()) / 2;
        }
    }

    /// How long until the one that is being done is finished, and `groups` others after it. One that takes longer than
    /// those before is what the next ones will take.
    fn wait(self, groups: u32) -> Duration {
        let running = self.begun.map(|begun| begun.elapsed());
        let group = self.group.max(running.unwrap_or_default());
        running.map_or(Duration::ZERO, |running| group.saturating_sub(running)) + group * groups
    }
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
            most: self.most,
            pace: Arc::clone(&self.pace),
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
        let pace = Arc::<Mutex<Pace>>::default();
        let shared = Arc::clone(&pace);
        tokio::spawn(async move {
            let mut group = Vec::with_capacity(most);
            while let Some(first) = waiting.recv().await {
                group.push(first);
                // Whoever is about to hand a job in does so first, as long as anybody does: what is joined shares a commit. On an
                // idle machine that is nobody, and takes no time.
                let mut joined = 0;
                while joined < group.len() {
                    joined = group.len();
                    tokio::task::yield_now().await;
                    while group.len() < most
                        && let Ok(entry) = waiting.try_recv()
                    {
                        group.push(entry);
                    }
                }
                lock(&shared).begin();
                let (jobs, callers): (Vec<_>, Vec<_>) = group
                    .drain(..)
                    .map(|entry| (entry.job, entry.answer))
                    .unzip();
                // A panic costs its own group, whose callers are told; not everybody after it.
                let done = AssertUnwindSafe(async { work(jobs).await }).catch_unwind();
                let answers = done.await.unwrap_or_default();
                lock(&shared).end();
                for (caller, answer) in callers.into_iter().zip(answers) {
                    // Whoever no longer waits has been answered by a deadline. The job is done all the same.
                    let _ = caller.send(answer);
                }
            }
        });
        Self { queue, most, pace }
    }

    /// Has the job done, or refuses it at once if too much waits, or if by all that is known its turn does not come
    /// within `patience`: whoever is gone by then must not take the turn of others.
    pub async fn offer(&self, job: Job, patience: Duration) -> Result<Answer, BatcherError> {
        if self.wait() > patience {
            return Err(BatcherError::Full);
        }
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

    /// How long a job that came now would wait for its turn.
    fn wait(&self) -> Duration {
        let waiting = self.queue.max_capacity() - self.queue.capacity();
        let groups = u32::try_from(waiting / self.most).unwrap_or(u32::MAX);
        lock(&self.pace).wait(groups)
    }
}

fn lock(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}
