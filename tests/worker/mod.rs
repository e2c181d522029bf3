//! The worker over real stores and queues: what becomes of jobs that fail, hang, kill their worker, are cancelled or lost.

mod cancelling;
mod docs;
mod ending;
mod exporting;
mod failing;
mod leases;
mod messages;
mod notices;
mod poison;
mod progress;
mod scene;
mod sharing;
