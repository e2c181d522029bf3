//! The plain model: jobs in a list, times that have passed or never do, and no move but those of the table.

use std::collections::{BTreeMap, BTreeSet};

use belfry::{
    domain::{
        id::JobId,
        job::{Job, MESSAGE_ATTEMPTS, Move, NewJob, Run, State},
    },
    ports::store::{End, Ending, JobCounts},
};

const GONE: &str = "Its worker was gone before it was done.";
const EXPIRED: &str = "It was not started in time.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Never,
    Past,
    Future,
}

/// What is compared of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    state: State,
    progress: u8,
    attempts: i32,
    max_attempts: i32,
    cancel_asked: bool,
    result: Option<String>,
    failures: Vec<(i32, String)>,
}

impl Seen {
    pub fn of(job: &Job) -> Self {
        let failures = job.failures.iter();
        Self {
            state: job.state,
            progress: job.progress,
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            cancel_asked: job.cancel_asked,
            result: job.result.clone(),
            failures: failures.map(|it| (it.attempt, it.error.clone())).collect(),
        }
    }
}

pub struct PlainJob {
    id: JobId,
    seen: Seen,
    owned: bool,
    of_message: bool,
    expires_at: When,
    fence: i64,
    /// Of an active job: its worker is taken to be gone. Of a waiting one: the queue has had its time.
    overdue: bool,
}

impl PlainJob {
    pub fn asked(job: &NewJob, run_at: When, expires_at: When) -> Self {
        let state = match run_at {
            When::Future => State::Delayed,
            _ => State::Waiting,
        };
        let mut it = Self::of_message(job.id);
        it.seen.state = state;
        it.seen.max_attempts = job.max_attempts;
        it.owned = job.owner.is_some();
        it.of_message = false;
        it.expires_at = expires_at;
        it
    }

    pub fn of_message(id: JobId) -> Self {
        Self {
            id,
            seen: Seen {
                state: State::Waiting,
                progress: 0,
                attempts: 0,
                max_attempts: MESSAGE_ATTEMPTS,
                cancel_asked: false,
                result: None,
                failures: Vec::new(),
            },
            owned: false,
            of_message: true,
            expires_at: When::Never,
            fence: 0,
            overdue: false,
        }
    }

    fn go(&mut self, then: Move) {
        let state = self.seen.state;
        let after = state.after(then);
        self.seen.state = after.unwrap_or_else(|| panic!("{then:?} is no move of {state:?}"));
        if matches!(self.seen.state, State::Waiting | State::Delayed) {
            self.seen.progress = 0;
        }
    }

    fn note(&mut self, attempt: i32, error: &str) {
        self.seen.failures.push((attempt, error.into()));
    }

    fn waits(&self) -> bool {
        matches!(self.seen.state, State::Waiting | State::Delayed)
    }

    fn has_expired(&self) -> bool {
        self.waits() && self.fence == 0 && self.expires_at == When::Past
    }

    fn is_out_of_attempts(&self) -> bool {
        self.seen.attempts >= self.seen.max_attempts
    }

    fn start(&mut self, lapses: bool) -> bool {
        if self.is_out_of_attempts() || self.seen.cancel_asked || self.has_expired() {
            return false;
        }
        match self.seen.state {
            State::Waiting => {}
            State::Active if self.overdue => {
                self.note(self.seen.attempts, GONE);
                self.go(Move::Lapse);
            }
            _ => return false,
        }
        self.go(Move::Start);
        self.seen.attempts += 1;
        self.fence += 1;
        self.overdue = lapses;
        true
    }

    fn end(&mut self, how: &Ending) {
        if let Ending::Failed { error, .. } = how {
            self.note(self.seen.attempts, error);
        }
        match how {
            Ending::Completed { result } => {
                self.go(Move::Complete);
                self.seen.progress = 100;
                self.seen.result.clone_from(result);
            }
            _ if self.seen.cancel_asked => self.go(Move::Stop),
            Ending::Failed { retry_in, .. } => match retry_in {
                Some(wait) if !self.is_out_of_attempts() => {
                    self.go(Move::FailAgain);
                    if wait.is_zero() {
                        self.go(Move::Ripen);
                    }
                }
                _ => self.go(Move::FailLast),
            },
            Ending::HandedBack | Ending::Cancelled => {
                self.go(Move::HandBack);
                self.seen.attempts -= 1;
            }
        }
        self.seen.cancel_asked = false;
        self.overdue = false;
    }

    /// Whether it has ended, or is handed out and as what; none for what a sweep leaves alone.
    fn sweep(&mut self, all: bool, lapses: bool) -> Option<Swept> {
        if self.has_expired() {
            self.go(Move::Expire);
            self.note(0, EXPIRED);
            return Some(Swept::Ended);
        }
        if self.seen.state == State::Active && self.overdue {
            if self.seen.cancel_asked {
                self.go(Move::Stop);
                self.seen.cancel_asked = false;
                return Some(Swept::Ended);
            }
            self.note(self.seen.attempts, GONE);
            if self.is_out_of_attempts() {
                self.go(Move::LapseLast);
                return Some(Swept::Ended);
            }
            self.go(Move::Lapse);
        } else if !self.waits() || !(all || self.overdue) {
            return None;
        }
        let delayed = self.seen.state == State::Delayed;
        self.overdue = lapses && !delayed;
        Some(Swept::HandedOut(delayed))
    }
}

enum Swept {
    Ended,
    HandedOut(bool),
}

/// Which job, whether of a message, due later, again.
type HandedOut = BTreeSet<(JobId, bool, bool, bool)>;

#[derive(Default)]
pub struct Model {
    jobs: Vec<PlainJob>,
}

impl Model {
    pub fn add(&mut self, job: PlainJob) {
        self.jobs.push(job);
    }

    pub fn nth(&self, n: usize) -> Option<JobId> {
        self.jobs.get(n % self.jobs.len().max(1)).map(|job| job.id)
    }

    pub fn fence(&self, job: JobId) -> i64 {
        let found = self.jobs.iter().find(|it| it.id == job);
        found.map_or(0, |it| it.fence)
    }

    pub fn seen(&self) -> BTreeMap<JobId, Seen> {
        let jobs = self.jobs.iter();
        jobs.map(|job| (job.id, job.seen.clone())).collect()
    }

    /// By state, what there is and what was counted.
    pub fn counts(&self, counted: JobCounts) -> [(&'static str, (i64, i64)); 3] {
        let count = |states: &[State]| {
            let jobs = self.jobs.iter();
            jobs.filter(|job| states.contains(&job.seen.state)).count() as i64
        };
        [
            (
                "waiting",
                (count(&[State::Waiting, State::Delayed]), counted.waiting),
            ),
            ("active", (count(&[State::Active]), counted.active)),
            ("dead", (count(&[State::Dead]), counted.dead)),
        ]
    }

    pub fn start(&mut self, jobs: &[JobId], lapses: bool) -> BTreeMap<JobId, (i64, Seen)> {
        let mut started = BTreeMap::new();
        for job in self.jobs.iter_mut().filter(|job| jobs.contains(&job.id)) {
            if job.start(lapses) {
                job.seen.progress = 0;
                started.insert(job.id, (job.fence, job.seen.clone()));
            }
        }
        started
    }

    /// Whether somebody wants it cancelled; none for a run that is lost.
    pub fn keep(&mut self, run: Run, progress: Option<u8>, lapses: bool) -> Option<bool> {
        let job = self.held(run)?;
        job.seen.progress = progress.unwrap_or(job.seen.progress);
        job.overdue = lapses;
        Some(job.seen.cancel_asked)
    }

    pub fn end(&mut self, ends: &[End]) -> BTreeMap<JobId, Seen> {
        let mut ended = BTreeMap::new();
        for end in ends {
            let Some(job) = self.held(end.run) else {
                continue;
            };
            job.end(&end.how);
            ended.insert(job.id, job.seen.clone());
        }
        self.jobs
            .retain(|job| job.owned || job.seen.state != State::Completed);
        ended
    }

    pub fn finish(&mut self, job: JobId) {
        self.jobs.retain(|it| it.owned || it.id != job);
    }

    pub fn cancel(&mut self, job: JobId) -> Option<Seen> {
        let job = self.jobs.iter_mut().find(|it| it.id == job)?;
        if !job.seen.state.has_ended() {
            job.go(Move::Cancel);
            job.seen.cancel_asked = job.seen.state == State::Active;
        }
        Some(job.seen.clone())
    }

    pub fn retry(&mut self, job: JobId) -> Option<Seen> {
        let job = self.jobs.iter_mut().find(|it| it.id == job)?;
        if job.seen.state == State::Dead {
            job.go(Move::Retry);
            job.seen.attempts = 0;
            job.expires_at = When::Never;
            job.overdue = true;
        }
        Some(job.seen.clone())
    }

    pub fn sweep(&mut self, all: bool, lapses: bool) -> (HandedOut, BTreeMap<JobId, Seen>) {
        let (mut handed_out, mut ended) = (BTreeSet::new(), BTreeMap::new());
        for job in &mut self.jobs {
            match job.sweep(all, lapses) {
                None => {}
                Some(Swept::Ended) => {
                    ended.insert(job.id, job.seen.clone());
                }
                Some(Swept::HandedOut(later)) => {
                    let again = job.of_message || job.fence > 0;
                    handed_out.insert((job.id, job.of_message, later, again));
                }
            }
        }
        (handed_out, ended)
    }

    fn held(&mut self, run: Run) -> Option<&mut PlainJob> {
        self.jobs.iter_mut().find(|job| {
            job.id == run.job && job.fence == run.fence && job.seen.state == State::Active
        })
    }
}
