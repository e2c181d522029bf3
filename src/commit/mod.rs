//! The only way a room changes: group commit, and what follows from a commit.

pub mod aftermath;
pub mod writer;
