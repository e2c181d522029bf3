//! Why the file cannot be used, in the words of whoever has to put it right.

/// What SQLite says, and what to do where that is known. One line.
pub(super) fn explained(error: &sqlx::Error) -> String {
    let Some(found) = error.as_database_error() else {
        return error.to_string().replace('\n', " ");
    };
    let code = found.code().unwrap_or_default();
    let kind = code.parse::<u32>().map(|code| code & 0xff);
    let remedy = match kind {
        Ok(5 | 6) => "another process holds its lock: is a backup running?",
        Ok(8) => "the file cannot be written: look at its rights, its folder's and its disk's",
        Ok(10) => "the disk fails, or is full",
        Ok(11 | 26) => "the file is no database, or damaged: restore a backup",
        Ok(13) => "the disk is full: make room there",
        Ok(14) => "the file cannot be opened: look at its rights and its folder's",
        _ => return format!("{} ({code})", found.message()),
    };
    format!("{} ({code}); {remedy}", found.message())
}
