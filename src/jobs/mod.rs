//! What jobs there are: the trait that a type of job implements, the list of all types, and Belfry's own, one a file.
//!
//! Knows nothing of who runs them (`worker`) and who asks for them (`chat`).

mod handler;
mod handlers;
mod intake;
pub mod preview;
mod result_file;
pub mod room_export;
mod running;

pub(crate) use self::handlers::AnyHandler;
pub use self::{
    handler::{BackOff, Handler, JobError, Rules},
    handlers::{Handlers, WrongType},
    intake::{Intake, ticket_of},
    result_file::{FileInfo, FileMade, ResultFile},
    running::Running,
};
