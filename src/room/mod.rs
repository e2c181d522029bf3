//! A live room on this replica: who is in it, where it stands, and the delivery of every revision once and in order.
//!
//! A room is live while somebody here has joined it. Its [hub] is one task that takes turns: a join, a change, a signal.
//! Everybody live in it stands at the hub's one revision, so there is one cursor a room and not one a member.

pub mod acquaintances;
pub mod compare;
pub mod connected;
pub mod hub;
pub mod hubs;
pub mod last_seen;
pub mod link;
pub mod recent;
pub mod relay;
pub mod roster;
pub mod sessions;
pub mod timeline;
pub mod tracker;
