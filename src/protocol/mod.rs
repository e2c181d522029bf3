//! The wire: what clients send and are sent, over Socket.IO and REST. Names and shapes here are what clients rely on.
//!
//! Imports the domain alone. The OpenAPI and AsyncAPI descriptions are made from these types.

pub mod asyncapi;
pub mod client_event;
pub mod codes;
pub mod event_names;
pub mod examples;
pub mod frame;
pub mod nulls;
pub mod packet;
pub mod rest;
pub mod server_event;
mod word;
