//! Plain types and rules of a chat: what the words mean, and nothing about how they travel or where they are kept.
//!
//! Imports nothing of ours; everything else imports it.

pub mod account;
pub mod batch;
pub mod change;
pub mod display_name;
pub mod error;
pub mod finding;
pub mod generations;
pub mod id;
pub mod job;
pub mod message;
pub mod moderation;
pub mod notification;
pub mod permission;
pub mod presence;
pub mod room;
pub mod subscriber;
pub mod timestamp;
pub mod trace;
pub mod username;

/// A message's place in its room, from 1, without gaps.
pub type Seq = i64;

/// A room's revision, 0 at first; every durable change of the room takes the next one.
pub type Rev = i64;
