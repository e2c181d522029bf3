//! What jobs there are: the trait that a type of job implements, the list of all types, and Belfry's own, one a file.
//!
//! Knows nothing of who runs them (`worker`) and who asks for them (`chat`).

mod handler;
mod handlers;
pub mod preview;
mod result_file;
mod running;

pub(crate) use self::handlers::AnyHandler;
pub use self::{
    handler::{BackOff, Handler, JobError, Rules},
    handlers::Handlers,
    result_file::{FileInfo, ResultFile},
    running::Running,
};
