//! Everything over HTTP that is not the socket: REST, its description, health, metrics and the web page.

pub mod aside;
pub mod caller;
pub mod client_address;
pub mod docs;
mod headers;
mod job_file;
pub mod origins;
pub mod page;
pub mod problem;
mod recorded;
pub mod rest;
pub mod router;
pub mod serving;
mod socket_route;
pub mod status;
pub mod tls;
mod written;
