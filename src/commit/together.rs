//! Questions to a store that are asked together: while one call is on its way, the next ones gather. There is no timer.

use std::{future::Future, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::domain::error::Problem;

/// Questions in one call.
const AT_ONCE: usize = 512;
/// Questions that may wait; beyond, one is `unavailable` at once.
const WAITING_MAX: usize = 8_192;
/// After so long whoever waits is told `unavailable`.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where questions of one kind are handed in.
pub struct Together<Q, A> {
    waiting: mpsc::Sender<Pending<Q, A>>,
    closing: CancellationToken,
    task: TaskTracker,
}

struct Pending<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A, Problem>>,
}

/// A question that has been handed in.
pub struct Asked<A> {
    answer: oneshot::Receiver<Result<A, Problem>>,
    asked: Instant,
}

impl<A> Asked<A> {
    /// Waits for the answer, 3 s from handing in at most.
    pub async fn answer(self) -> Result<A, Problem> {
        match timeout_at(self.asked + PATIENCE, self.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(Problem::unavailable()),
        }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Together<Q, A> {
    /// Asks with `call`, which answers every question, in the order given. One call is under way at a time.
    pub fn start<F>(call: impl Fn(Vec<Q>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<A>, Problem>> + Send + 'static,
    {
        let (waiting, questions) = mpsc::channel(WAITING_MAX);
        let closing = CancellationToken::new();
        let task = TaskTracker::new();
        task.spawn(run(questions, call, closing.clone()));
        Self {
            waiting,
            closing,
            task,
        }
    }

    /// Hands a question in without waiting. Questions are asked in the order in which they were handed in.
    pub fn ask(&self, question: Q) -> Result<Asked<A>, Problem> {
        let asked = Instant::now();
        let (answer, receiver) = oneshot::channel();
        self.waiting
            .try_send(Pending { question, answer })
            .map_err(|_| Problem::unavailable())?;
        Ok(Asked {
            answer: receiver,
            asked,
        })
    }

    /// Takes nothing more and ends when what has been handed in is answered.
    pub async fn finish(&self) {
        self.closing.cancel();
        self.task.close();
        self.task.wait().await;
    }
}

async fn run<Q, A, F>(
    mut waiting: mpsc::Receiver<Pending<Q, A>>,
    call: impl Fn(Vec<Q>) -> F,
    closing: CancellationToken,
) where
    F: Future<Output = Result<Vec<A>, Problem>>,
{
    let mut batch = Vec::with_capacity(AT_ONCE);
    loop {
        let taken = tokio::select! {
            biased;
            taken = waiting.recv_many(&mut batch, AT_ONCE) => taken,
            () = closing.cancelled(), if !waiting.is_closed() => {
                waiting.close();
                continue;
            }
        };
        if taken == 0 {
            return;
        }
        let (questions, answers): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .filter(|pending| !pending.answer.is_closed())
            .map(|pending| (pending.question, pending.answer))
            .unzip();
        if questions.is_empty() {
            continue;
        }
        match call(questions).await {
            // Who is left without an answer sees the channel close, and is told `unavailable`.
            Ok(found) => answers.into_iter().zip(found).for_each(|(answer, found)| {
                let _ = answer.send(Ok(found));
            }),
            Err(problem) => answers.into_iter().for_each(|answer| {
                let _ = answer.send(Err(problem.clone()));
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn what_comes_while_a_call_is_under_way_is_asked_in_one() {
        let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, waited) = (calls.clone(), gate.clone());
        let together = Together::start(move |questions: Vec<u32>| {
            counted.fetch_add(1, Ordering::Relaxed);
            let waited = waited.clone();
            async move {
                let _ = waited.acquire().await;
                Ok(questions.into_iter().map(|question| question * 2).collect())
            }
        });
        let first = together.ask(1).unwrap();
        while calls.load(Ordering::Relaxed) == 0 {
            tokio::task::yield_now().await;
        }
        let others: Vec<_> = (2..100).map(|n| together.ask(n).unwrap()).collect();
        gate.add_permits(2);
        assert_eq!(first.answer().await, Ok(2));
        for (n, other) in (2..100).zip(others) {
            assert_eq!(other.answer().await, Ok(n * 2));
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_failed_call_is_told_to_everybody_and_the_next_one_is_made() {
        let together = Together::start(|questions: Vec<bool>| async move {
            if questions.contains(&false) {
                Err(Problem::internal())
            } else {
                Ok(questions)
            }
        });
        assert_eq!(
            together.ask(false).unwrap().answer().await,
            Err(Problem::internal())
        );
        assert_eq!(together.ask(true).unwrap().answer().await, Ok(true));
        together.finish().await;
        assert!(together.ask(true).is_err());
    }
}
