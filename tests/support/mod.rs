//! The language that the tests are told in.

mod databases;
mod redis;
