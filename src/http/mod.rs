//! Everything over HTTP that is not the socket: REST, its description, health, metrics and the web page.

pub mod caller;
pub mod client_address;
pub mod docs;
mod job_file;
pub mod page;
pub mod problem;
mod recorded;
pub mod rest;
pub mod router;
pub mod serving;
pub mod status;
mod written;
