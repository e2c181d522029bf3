//! The language that the tests are told in.

pub mod databases;
mod redis;
