//! Previews of strangers' pages: where requests go and where they never go, and that no page can do harm.
//!
//! Pages are on a real server at 127.0.0.1, which is opened as an operator opens an intranet; all other addresses are not.

mod addresses;
mod job;
mod lies;
mod names;
mod parsing;
mod redirects;
mod site;
