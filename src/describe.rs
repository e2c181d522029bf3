//! `belfry describe`: the descriptions of both interfaces, for whoever makes a client of them. Needs no store and no settings.

use std::process::ExitCode;

use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};
use serde_json::Value;

use crate::{http::router, output, protocol::asyncapi};

/// The command's name.
pub const NAME: &str = "describe";

/// Print a description: what a server answers with at /api/openapi.json and /api/asyncapi.json
#[derive(Debug, Args)]
struct Describe {
    /// Of which interface
    #[arg(value_enum, value_name = "openapi|asyncapi")]
    document: Document,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Document {
    /// REST, as OpenAPI 3.1
    Openapi,
    /// The socket, as AsyncAPI 3
    Asyncapi,
}

impl Document {
    fn value(self) -> Value {
        match self {
            Self::Openapi => router::openapi_document(),
            Self::Asyncapi => asyncapi::document(),
        }
    }
}

/// The command as the command line knows it.
pub fn command() -> clap::Command {
    Describe::augment_args(clap::Command::new(NAME))
}

/// Prints what is asked for as JSON; 2 where that is nothing that there is, 1 where it cannot be written.
pub fn run(asked: &ArgMatches) -> ExitCode {
    match Describe::from_arg_matches(asked) {
        Ok(Describe { document }) => match output::print(&format!("{:#}\n", document.value())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("belfry: {error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => error.exit(),
    }
}
