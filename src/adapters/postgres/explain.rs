//! Why Postgres cannot be used, in the words of whoever has to put it right.

/// What the driver says, and what to do where that is known. One line.
pub(super) fn explained(error: &sqlx::Error) -> String {
    let Some(found) = error.as_database_error() else {
        let said = error.to_string().replace('\n', " ");
        return match error {
            sqlx::Error::Io(_) => format!("{said}: is it running, and are host and port right?"),
            _ => said,
        };
    };
    let code = found.code().unwrap_or_default();
    let remedy = match &*code {
        "28P01" => "set the right password in the address",
        "28000" => "the user is unknown, or pg_hba.conf does not let it in from here",
        "3D000" => "make the database (CREATE DATABASE), or name another one",
        "42501" => "give the user the right: GRANT ALL ON DATABASE … and ON SCHEMA public",
        "53100" => "the database's disk is full: make room there",
        "53300" => "raise max_connections, or run fewer replicas: each holds up to 14 connections",
        "25006" => "the database is read-only: name the primary, not a standby",
        "57P03" => "it is starting or shutting down: try again",
        _ => return format!("{} ({code})", found.message()),
    };
    format!("{} ({code}); {remedy}", found.message())
}
