//! The language that the tests are told in.

pub mod databases;
mod eventually;
pub(crate) mod redis;

pub(crate) use eventually::{DEADLINE, eventually};
