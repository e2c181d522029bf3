//! The whole program: flags, environment and `.env` to settings, settings to a running part.
//!
//! `belfry` is this with no types of jobs but its own. An operator's program is this with more of them.

use std::{convert::Infallible, process::ExitCode, time::Duration};

use clap::{CommandFactory, FromArgMatches};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    app::{self, StartError},
    config::{Cli, Command, Config, Settings, seconds_of, with_plain_usage},
    describe,
    doctor::{self, Doctor, Dotenv},
    domain::id::ReplicaId,
    jobs::Handlers,
    output, telemetry,
};

/// How long threads that do not come back are waited for at the end.
const STUCK: Duration = Duration::from_secs(1);

/// Is `belfry`, with these types of jobs beside its own: reads this process's arguments, environment and `.env`, does what they say until
/// it is done or SIGTERM or SIGINT asks it to end, and answers with the code for the process to end with. 2 for settings, and names of types,
/// that cannot be.
///
/// To be all of `main`: it starts a runtime of its own, and writes to the standard streams. Servers and workers of one
/// installation are to have the same types: a server refuses a type that it does not know, and a worker fails it.
pub fn run(handlers: Handlers) -> ExitCode {
    let file = match dotenvy::dotenv() {
        Ok(file) => Dotenv::Read(file),
        Err(error) if error.not_found() => Dotenv::None,
        Err(error) => Dotenv::Wrong(unreadable(&error)),
    };
    let commands = Cli::command().subcommand(describe::command());
    let matches = with_plain_usage(commands).get_matches();
    // It goes by no settings, so it is done before they are checked.
    if let Some((describe::NAME, asked)) = matches.subcommand() {
        return describe::run(asked);
    }
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    if let Command::Doctor(how) = &cli.command {
        return examine(&cli.settings, &file, how);
    }
    if let Dotenv::Wrong(why) = file {
        eprintln!("belfry: .env: {why}");
        return ExitCode::from(2);
    }
    if let Err(error) = handlers.check() {
        eprintln!("belfry: {error}.");
        return ExitCode::from(2);
    }
    let config = match Config::check(cli.settings) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("belfry: {error}");
            return ExitCode::from(2);
        }
    };
    let replica = ReplicaId::fresh();
    telemetry::logs::start(&config, replica);
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(tracing::field::display);
        tracing::error!(at, "a panic");
        // Its words may quote what people have written.
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::debug!(%panic, %backtrace, "what it said");
    }));
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let done = runtime.block_on(command(cli.command, config, handlers, replica));
    // A handler that blocks its thread would hold up the end for ever.
    runtime.shutdown_timeout(STUCK);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("belfry: {error}");
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, ExitCode> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    built.map_err(|error| {
        eprintln!("belfry: the runtime could not be started: {error}");
        ExitCode::FAILURE
    })
}

/// `belfry doctor`: also where the settings make no sense. 1 where something fails.
fn examine(settings: &Settings, file: &Dotenv, how: &Doctor) -> ExitCode {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(code) => return code,
    };
    let checks = runtime.block_on(app::doctor(settings, file, how));
    runtime.shutdown_timeout(STUCK);
    if let Err(error) = output::print(&doctor::report(&checks, how.json)) {
        eprintln!("belfry: {error}");
        return ExitCode::FAILURE;
    }
    match doctor::is_well(&checks) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Takes all the descriptors that the system gives, for whoever serves.
fn descriptors() {
    let limit = doctor::raise_descriptors();
    if limit.are_few() {
        let most = limit.soft.unwrap_or_default();
        tracing::warn!(
            "this process may have {most} files and connections open; raise the limit (ulimit -Hn): each connection takes one"
        );
    }
}

/// What is wrong with the file, without its values: one may be a secret, and this is written where others read.
fn unreadable(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(line, _) => {
            let name = line.split('=').next().unwrap_or_default().trim();
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let which = if line.contains('=') && name.bytes().all(is_name) {
                format!("the line of {name}")
            } else {
                "a line".into()
            };
            format!(
                "{which} cannot be read; it takes NAME=value, with quotes around a value that has spaces or signs."
            )
        }
        other => other.to_string(),
    }
}

async fn command(
    command: Command,
    config: Config,
    handlers: Handlers,
    replica: ReplicaId,
) -> Result<(), StartError> {
    match command {
        Command::Serve { no_worker } => {
            descriptors();
            let reads_certificates = config.tls.is_some();
            let serving = app::serve(config, handlers, replica, !no_worker, asked_to_end());
            Box::pin(through_hangups(serving, reads_certificates)).await
        }
        Command::Worker => {
            descriptors();
            let working = app::work(config, handlers, replica, asked_to_end());
            Box::pin(through_hangups(working, false)).await
        }
        Command::Migrate => app::migrate(config).await,
        Command::Admin { what } => Ok(output::print(&app::admin(config, what).await?)?),
        Command::Doctor(_) => Ok(()),
        Command::Health(asked) => app::ask(&config, &asked, "/health").await,
        Command::Ready(asked) => app::ask(&config, &asked, "/ready").await,
        Command::Token { sub, name, ttl } => {
            let token = app::token(config, &sub, &name, seconds_of(&ttl)?).await?;
            Ok(output::print(&format!("{token}\n"))?)
        }
    }
}

/// Does the work to its end, which SIGHUP does not bring: whoever renews a certificate sends it to every `belfry` there is, also to those
/// without one to read again. `is_for_us`: somebody else acts on it.
async fn through_hangups<T>(work: impl Future<Output = T>, is_for_us: bool) -> T {
    tokio::select! {
        done = work => done,
        never = hear_hangups(is_for_us) => match never {},
    }
}

async fn hear_hangups(is_for_us: bool) -> Infallible {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        return std::future::pending().await;
    };
    while hangups.recv().await.is_some() {
        if !is_for_us {
            tracing::debug!("SIGHUP: there is no certificate to read again");
        }
    }
    std::future::pending().await
}

/// Ends at SIGTERM or SIGINT. Another one of them ends the process at once, whatever is in flight.
async fn asked_to_end() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals cannot be heard; end this process with SIGKILL");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        let kind = tokio::select! {
            _ = terminate.recv() => SignalKind::terminate(),
            _ = interrupt.recv() => SignalKind::interrupt(),
        };
        tracing::warn!("asked to end again: gone at once");
        gone_at_once(kind);
    });
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever asks again does not want to wait for the drain"
)]
fn gone_at_once(asked: SignalKind) -> ! {
    // As a shell reports a process that a signal has ended.
    std::process::exit(128 + asked.as_raw_value())
}
