//! A live room: what it remembers, and that every revision is delivered once and in order.

mod delivery;
mod timeline;
