//! The threads of the load generator: one single-threaded runtime each, in step with one another.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime;
use tokio::sync::Barrier;
use tokio::task::LocalSet;

/// A failure that ends the run; the text is for a person.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What all threads of a run share.
pub struct Run {
    epoch: Instant,
    barrier: Barrier,
    window_start: AtomicU64,
    window_end: AtomicU64,
}

impl Run {
    /// Microseconds since the run began, on a clock that all threads share.
    pub fn now(&self) -> u64 {
        self.epoch.elapsed().as_micros() as u64
    }

    /// Waits until every thread and the conductor have come here.
    pub async fn in_step(&self) {
        self.barrier.wait().await;
    }

    /// Sets the measured window; call it between two steps.
    pub fn set_window(&self, start: u64, end: u64) {
        self.window_start.store(start, Ordering::Relaxed);
        self.window_end.store(end, Ordering::Relaxed);
    }

    /// The measured window as `(start, end)` in microseconds.
    pub fn window(&self) -> (u64, u64) {
        (
            self.window_start.load(Ordering::Relaxed),
            self.window_end.load(Ordering::Relaxed),
        )
    }

    /// Sleeps until `at` microseconds on the run's clock.
    pub async fn sleep_until(&self, at: u64) {
        tokio::time::sleep_until((self.epoch + Duration::from_micros(at)).into()).await;
    }
}

/// Runs `part` on each of `threads` threads and `conductor` on the calling one, and returns what they return.
///
/// The conductor counts in [`Run::in_step`]. A part that fails ends the process: the others would wait for it for ever.
pub fn run<P, F, C, G>(
    threads: usize,
    part: P,
    conductor: C,
) -> Result<(Vec<F::Output>, G::Output), Failure>
where
    P: Fn(usize, Arc<Run>) -> F + Send + Sync,
    F: Future,
    F::Output: Send,
    C: FnOnce(Arc<Run>) -> G,
    G: Future,
{
    let run = Arc::new(Run {
        epoch: Instant::now(),
        barrier: Barrier::new(threads + 1),
        window_start: AtomicU64::new(u64::MAX),
        window_end: AtomicU64::new(u64::MAX),
    });
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..threads)
            .map(|index| {
                let (run, part) = (run.clone(), &part);
                scope.spawn(move || -> Result<F::Output, Failure> {
                    let runtime = runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()?;
                    Ok(LocalSet::new().block_on(&runtime, part(index, run)))
                })
            })
            .collect();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let conducted = LocalSet::new().block_on(&runtime, conductor(run.clone()));
        let parts = handles
            .into_iter()
            .map(|handle| {
                handle
                    .join()
                    .map_err(|_| Failure::from("a thread of the load generator panicked"))?
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        Ok((parts, conducted))
    })
}

/// Ends the process with a message: for a part that cannot go on.
pub fn give_up(failure: Failure) -> ! {
    eprintln!("belfry-load: {failure}");
    #[allow(
        clippy::disallowed_methods,
        reason = "a run that has failed has nothing to drain"
    )]
    std::process::exit(1)
}
