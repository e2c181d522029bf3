//! A live room: what it remembers, that every revision is delivered once and in order, and that nothing is to who may not be there.

mod access;
mod delivery;
mod own;
mod scene;
mod storm;
mod timeline;
mod watcher;
