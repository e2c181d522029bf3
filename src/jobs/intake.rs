//! Where jobs are handed in one by one: stored by the handful, then brought to the queue.

use std::sync::Arc;

use crate::{
    commit::{
        aftermath::Aftermath,
        together::{Asked, Together},
    },
    domain::{error::Problem, job::NewJob},
    ports::{
        queue::{Line, Ticket},
        store::Store,
    },
};

/// Takes jobs in. While one handful is on its way to the store the next one gathers, so many askers at once cost few commits.
pub struct Intake(Together<NewJob, ()>);

impl Intake {
    /// Starts it.
    pub fn start(store: Arc<dyn Store>, aftermath: Aftermath) -> Self {
        Self(Together::start(move |jobs: Vec<NewJob>| {
            let (store, aftermath) = (store.clone(), aftermath.clone());
            async move {
                store.add_jobs(&jobs).await.map_err(|error| error.told())?;
                aftermath.enqueue(jobs.iter().map(ticket_of).collect());
                Ok(vec![(); jobs.len()])
            }
        }))
    }

    /// Hands a job in. After the answer it is durable, and on its way to a worker; it takes 3 s at most.
    pub fn add(&self, job: NewJob) -> Result<Asked<()>, Problem> {
        self.0.ask(job)
    }

    /// Takes nothing more and ends when what was handed in is stored.
    pub async fn finish(&self) {
        self.0.finish().await;
    }
}

/// A new job's place in the queue.
pub fn ticket_of(job: &NewJob) -> Ticket {
    Ticket {
        job: job.id,
        line: Line::Jobs(job.priority),
        due: job.run_at,
        message: None,
        again: false,
    }
}
