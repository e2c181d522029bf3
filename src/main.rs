//! The program: flags, environment and `.env` to settings, settings to a running part.

use std::process::ExitCode;

use belfry::{
    admin,
    app::{self, StartError},
    config::{Cli, Command, Config, seconds_of},
    jobs::Handlers,
    telemetry,
};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Packets are made by one thread and freed by another, which costs the system's allocator a tenth of a server's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        eprintln!("belfry: .env: {}", unreadable(&error));
        return ExitCode::from(2);
    }
    let cli = Cli::parse();
    let config = match Config::check(cli.settings) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("belfry: {error}");
            return ExitCode::from(2);
        }
    };
    telemetry::start(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("belfry: the runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli.command, config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("belfry: {error}");
            ExitCode::FAILURE
        }
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

async fn run(command: Command, config: Config) -> Result<(), StartError> {
    match command {
        Command::Serve { no_worker } => {
            app::serve(config, Handlers::new(), !no_worker, asked_to_end()).await
        }
        Command::Worker => app::work(config, Handlers::new(), asked_to_end()).await,
        Command::Migrate => app::migrate(config).await,
        Command::Admin { what } => app::admin(config, what).await.map(admin::print),
        Command::Token { sub, name, ttl } => {
            let token = app::token(config, &sub, &name, seconds_of(&ttl)?).await?;
            println!("{token}");
            Ok(())
        }
    }
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
