//! A look at the file for `belfry doctor`: reads, and changes nothing.

use std::{path::Path, str::FromStr, time::Duration};

use rustix::fs::{Access, access, statfs, statvfs};
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tokio::time::timeout;

use super::explain::explained;
use crate::{
    adapters::schema::{APPLIED, Applied, schema},
    ports::checkup::{Check, disk},
};

const LIMIT: Duration = Duration::from_secs(3);
/// File systems over a network, by `statfs`: NFS, SMB, CIFS, SMB2.
const NETWORKED: [i64; 4] = [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42];

/// Looks at the file behind the address.
pub async fn checkup(url: &str) -> Vec<Check> {
    let options = match SqliteConnectOptions::from_str(url) {
        Ok(options) => options,
        Err(error) => {
            return vec![Check::fail(
                "sqlite",
                format!("DATABASE_URL cannot be read: {error}"),
                "it looks like sqlite://data/belfry.db",
            )];
        }
    };
    let file = options.get_filename().to_owned();
    let mut checks = Vec::new();
    let there = file.exists();
    checks.push(place(&file, there));
    checks.extend(room(&file));
    if there {
        checks.push(claim(&file));
        let looked = timeout(LIMIT, look(options)).await;
        checks.push(match looked {
            Ok(Ok(check)) => check,
            Ok(Err(error)) => Check::fail(
                "schema",
                explained(&error),
                "restore a backup, if the file is damaged; docs/operations.md says how",
            ),
            Err(_) => Check::fail("schema", "no answer within 3 s", "is a backup running?"),
        });
    }
    checks
}

/// The nearest directory that is there.
fn directory(file: &Path) -> &Path {
    let mut place = file.parent().unwrap_or(Path::new(""));
    while !place.as_os_str().is_empty() && !place.exists() {
        place = place.parent().unwrap_or(Path::new(""));
    }
    match place.as_os_str().is_empty() {
        true => Path::new("."),
        false => place,
    }
}

fn place(file: &Path, there: bool) -> Check {
    let directory = directory(file);
    if !directory.is_dir() {
        return Check::fail(
            "sqlite",
            format!("{} is no folder", directory.display()),
            "name a file in a folder that is there, or can be made",
        );
    }
    let needed = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    if access(directory, needed).is_err() {
        return Check::fail(
            "sqlite",
            format!("{} cannot be written", directory.display()),
            "give it to the user that Belfry runs as (chown); the files beside the database are made there",
        );
    }
    if !there {
        return Check::ok(
            "sqlite",
            format!(
                "{} is not there yet; the first start makes it",
                file.display()
            ),
        );
    }
    if access(file, Access::READ_OK | Access::WRITE_OK).is_err() {
        return Check::fail(
            "sqlite",
            format!("{} cannot be written", file.display()),
            "give it to the user that Belfry runs as (chown)",
        );
    }
    Check::ok("sqlite", format!("{} can be written", file.display()))
}

fn room(file: &Path) -> Vec<Check> {
    let directory = directory(file);
    let mut checks = Vec::new();
    let shown = directory.display().to_string();
    if let Ok(stat) = statvfs(directory) {
        let unit = stat.f_frsize;
        checks.push(disk(
            "disk",
            stat.f_bavail * unit,
            stat.f_blocks * unit,
            &shown,
        ));
    }
    #[allow(
        clippy::unnecessary_cast,
        reason = "the type of the field is the platform's"
    )]
    if let Ok(stat) = statfs(directory)
        && NETWORKED.contains(&(stat.f_type as i64))
    {
        checks.push(Check::fail(
            "disk kind",
            format!("{shown} is a network's file system"),
            "keep the file on a local disk: SQLite's write-ahead log does not work over a network",
        ));
    }
    checks
}

fn claim(file: &Path) -> Check {
    let mut lock = file.as_os_str().to_owned();
    lock.push(".lock");
    let held = std::fs::File::open(Path::new(&lock))
        .is_ok_and(|lock| matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock)));
    match held {
        true => Check::ok("sqlite use", "a server runs on it"),
        false => Check::ok("sqlite use", "no server runs on it"),
    }
}

async fn look(options: SqliteConnectOptions) -> Result<Check, sqlx::Error> {
    let options = options
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(1))
        .disable_statement_logging();
    let mut connection: SqliteConnection = options.connect().await?;
    let has = sqlx::query_scalar::<_, bool>(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')",
    );
    let applied: Vec<Applied> = match has.fetch_one(&mut connection).await? {
        true => sqlx::query_as(APPLIED).fetch_all(&mut connection).await?,
        false => vec![],
    };
    connection.close().await?;
    Ok(schema(&applied, &super::MIGRATIONS))
}
