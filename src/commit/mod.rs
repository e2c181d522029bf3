//! The only way a room changes: group commit, and what follows from a commit. Beside it, what else is gathered for the store.

pub mod aftermath;
pub mod applause;
pub mod reading;
mod recorded;
pub mod together;
pub mod writer;
