//! What is said of a schema: by the migrations that a store has seen, and those that this program knows.

use sqlx::migrate::{MigrateError, Migrator};

use crate::ports::checkup::Check;

/// The newest migration that this program knows.
pub(super) fn newest(migrator: &Migrator) -> i64 {
    let versions = migrator.iter().map(|migration| migration.version);
    versions.max().unwrap_or_default()
}

/// Why the schema cannot be brought up to date: an error of the database as it is, anything else in words.
pub(super) fn refused(error: MigrateError, newest: i64) -> Result<sqlx::Error, String> {
    match error {
        MigrateError::VersionMissing(version) => Err(format!(
            "a newer Belfry made this database: its schema has migration {version}, this program knows up to {newest}; \
             run that version, or restore the backup from before the upgrade"
        )),
        MigrateError::VersionMismatch(version) => Err(format!(
            "migration {version} is not the one that this program knows: the database was made by an unreleased version"
        )),
        MigrateError::Dirty(version) => Err(format!(
            "migration {version} was begun and not finished: restore the backup from before the upgrade"
        )),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Ok(error),
        other => Err(other.to_string()),
    }
}

/// A migration as a store remembers it: its version, whether it was finished, and the hash of its text.
pub(super) type Applied = (i64, bool, Vec<u8>);

/// Asks for all of them, ascending.
pub(super) const APPLIED: &str =
    "SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version";

/// Whether the schema is the one that this program knows, neither older nor newer; else why not, in words.
pub(super) fn fits(migrator: &Migrator, applied: &[Applied]) -> Result<(), String> {
    let newest = newest(migrator);
    let said = |error| refused(error, newest).err().unwrap_or_default();
    for (version, is_finished, checksum) in applied {
        let known = migrator.iter().find(|known| known.version == *version);
        match known {
            _ if !is_finished => return Err(said(MigrateError::Dirty(*version))),
            None => return Err(said(MigrateError::VersionMissing(*version))),
            Some(known) if *known.checksum != **checksum => {
                return Err(said(MigrateError::VersionMismatch(*version)));
            }
            Some(_) => {}
        }
    }
    let is_there = |version| applied.iter().any(|(there, ..)| *there == version);
    match applied.last() {
        None => Err("this database has no schema yet: run `belfry migrate`".into()),
        Some(_) if migrator.iter().all(|known| is_there(known.version)) => Ok(()),
        Some((version, ..)) => Err(format!(
            "the schema has version {version}, this program takes {newest}: back up and run `belfry migrate`, or use the program of \
             the servers that run"
        )),
    }
}

/// What is said of the schema: `applied` holds the migrations that the store has seen, ascending.
pub(super) fn schema(applied: &[Applied], migrator: &Migrator) -> Check {
    let name = "schema";
    let newest = newest(migrator);
    let differs = |(version, _, checksum): &&Applied| {
        let known = migrator.iter().find(|known| known.version == *version);
        known.is_some_and(|known| *known.checksum != **checksum)
    };
    if let Some((broken, ..)) = applied.iter().find(|(_, success, _)| !success) {
        return Check::fail(
            name,
            format!("migration {broken} was begun and not finished"),
            "restore the backup from before the upgrade, and start again",
        );
    }
    if let Some((version, ..)) = applied.iter().find(differs) {
        return Check::fail(
            name,
            format!("migration {version} is not the one that this program knows"),
            "an unreleased version made the database: run that one, or restore a backup; servers do not start so",
        );
    }
    match applied.last().map_or(0, |(version, ..)| *version) {
        0 => Check::ok(
            name,
            format!("none yet; the first start makes version {newest}"),
        ),
        now if now == newest => Check::ok(name, format!("version {now}, as this program has it")),
        now if now < newest => Check::warn(
            name,
            format!("version {now}; {} migrations wait", newest - now),
            "back up, then run `belfry migrate`, or start the new version, which does so",
        ),
        now => Check::fail(
            name,
            format!("version {now}; this program knows up to {newest}"),
            "run the newer version that made it, or restore the backup from before the upgrade",
        ),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::migrate::{Migration, MigrationType};

    use super::*;
    use crate::ports::checkup::Level;

    fn of(applied: &[(i64, bool)], changed: Option<i64>) -> Level {
        let known = |version: i64| {
            let kind = MigrationType::Simple;
            Migration::new(
                version,
                "".into(),
                kind,
                sqlx::SqlStr::from_static("SELECT 1"),
                false,
            )
        };
        let migrator = Migrator {
            migrations: vec![known(11), known(12)].into(),
            ..Migrator::DEFAULT
        };
        let applied: Vec<Applied> = applied
            .iter()
            .map(|(version, success)| match changed {
                Some(changed) if changed == *version => (*version, *success, vec![0; 48]),
                _ => (*version, *success, known(*version).checksum.to_vec()),
            })
            .collect();
        schema(&applied, &migrator).level
    }

    #[test]
    fn a_schema_is_older_newer_changed_or_right() {
        assert_eq!(of(&[], None), Level::Ok);
        assert_eq!(of(&[(11, true), (12, true)], None), Level::Ok);
        assert_eq!(of(&[(11, true)], None), Level::Warn);
        assert_eq!(of(&[(12, true), (13, true)], None), Level::Fail);
        assert_eq!(of(&[(12, false)], None), Level::Fail);
        assert_eq!(of(&[(11, true), (12, true)], Some(11)), Level::Fail);
    }
}
