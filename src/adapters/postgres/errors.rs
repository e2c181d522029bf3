//! What an error of Postgres means: to a caller, and to whoever may ask again.

use super::BACKEND;
use crate::ports::BackendError;

pub(super) fn unavailable(cause: impl Into<String>) -> BackendError {
    BackendError::Unavailable {
        backend: BACKEND,
        cause: cause.into(),
    }
}

pub(super) fn fault(cause: impl Into<String>) -> BackendError {
    BackendError::Fault {
        backend: BACKEND,
        cause: cause.into(),
    }
}

fn code_of(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(Into::into)
}

pub(super) fn is_deadlock(error: &sqlx::Error) -> bool {
    matches!(code_of(error).as_deref(), Some("40P01" | "40001"))
}

pub(super) fn is_locked(error: &sqlx::Error) -> bool {
    code_of(error).as_deref() == Some("55P03")
}

/// The connection is of no use any more: broken, ended by the server, or to a server that may no longer write.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(_) => code_of(error).is_some_and(|code| {
            code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P03" | "25006")
        }),
        _ => false,
    }
}

/// What an error means to a caller. Ours are faults; the database's troubles pass.
pub(super) fn translate(error: sqlx::Error) -> BackendError {
    let Some(found) = error.as_database_error() else {
        return match error {
            sqlx::Error::Configuration(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Encode(_)
            | sqlx::Error::Migrate(_)
            | sqlx::Error::RowNotFound => fault(error.to_string()),
            _ => unavailable(error.to_string()),
        };
    };
    let code = found.code().unwrap_or_default();
    let cause = match found.constraint() {
        Some(constraint) => format!("{} ({code}, {constraint})", found.message()),
        None => format!("{} ({code})", found.message()),
    };
    // Connection, resources, operator, system; rollback, lock not available, read-only.
    let passes = ["08", "53", "57", "58", "40"]
        .iter()
        .any(|class| code.starts_with(class));
    if passes || matches!(&*code, "55P03" | "25006" | "25P03") {
        unavailable(cause)
    } else {
        fault(cause)
    }
}
