//! The backends behind the ports. They know the ports and the domain, never each other; only the composition root knows them.

mod columns;
pub mod jwks;
pub mod memory;
pub mod otlp;
mod outage;
pub mod pages;
pub mod postgres;
pub mod redis;
pub mod rules_file;
mod schema;
pub mod sqlite;
mod stored_jobs;
mod stored_notifications;
mod tls;
mod turns;
pub mod visitor;
