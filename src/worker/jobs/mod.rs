//! What jobs do, a kind a file. Each may be done twice.

pub mod enrich;
