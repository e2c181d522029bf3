//! `belfry describe`: the descriptions of both interfaces, for whoever makes a client of them. Needs no store and no settings.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::{http::router, protocol::asyncapi};

/// The command's name.
pub const NAME: &str = "describe";

/// Print a description, which is what a server answers with under /api
#[derive(Debug, Args)]
pub struct Describe {
    /// Of which interface
    #[arg(value_enum)]
    pub document: Document,
}

/// Which description.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Document {
    /// REST, as OpenAPI 3.1
    Openapi,
    /// The socket, as AsyncAPI 3
    Asyncapi,
}

impl Document {
    /// The description itself.
    pub fn value(self) -> Value {
        match self {
            Self::Openapi => router::openapi_document(),
            Self::Asyncapi => asyncapi::document(),
        }
    }
}

/// Prints it as JSON, on lines of its own.
pub fn print(document: Document) -> ExitCode {
    println!("{:#}", document.value());
    ExitCode::SUCCESS
}
