//! Belfry: rooms of people whose messages stay, over Socket.IO.
//!
//! The map; arrows point one way, from left to right nothing is known of what stands further right:
//!
//! ```text
//! domain <- ports <- protocol <- room <- commit <- jobs <- chat   <- sockets, http <- app <- program
//!                                                       <- worker                 <-
//!           ports <- adapters                                                     <-
//! ```
//!
//! - [`domain`] plain types and rules.
//! - [`ports`] what the core needs from outside, as traits with their guarantees; [`adapters`] are behind them.
//! - [`protocol`] the wire: events, answers, problem details and their descriptions.
//! - [`room`] a live room: every revision once and in order.
//! - [`commit`] the one way a room changes: group commit and what follows from it.
//! - [`jobs`] what types of background jobs there are, Belfry's own and an operator's.
//! - [`chat`] what people do, a verb a file.
//! - [`sockets`], [`http`] the two ways in. [`worker`] runs the jobs.
//! - [`admin`] what operators do from the command line, in the store itself.
//! - [`doctor`] what is wrong with an installation, and what to do: settings, stores, the machine, the proxy in front.
//! - [`describe`] prints the descriptions of the interfaces. [`output`] is how every command gives what it was asked for.
//! - [`program`] is the whole of it as a process. [`app`] puts it together and ends it; [`config`], [`telemetry`] and [`metrics`] serve it.
//!
//! The invariants are in `docs/architecture.md`.

pub mod adapters;
pub mod admin;
pub mod app;
pub mod chat;
pub mod commit;
pub mod config;
pub mod describe;
pub mod doctor;
pub mod domain;
mod ending;
pub mod http;
pub mod jobs;
pub mod metrics;
pub mod output;
pub mod ports;
pub mod program;
pub mod protocol;
pub mod room;
pub mod sockets;
pub mod telemetry;
pub mod worker;
