//! `belfry admin stats`

use clap::Args;
use serde::Serialize;

use super::{AdminError, answer::answer, table::lines};
use crate::{
    domain::timestamp::Timestamp,
    ports::store::{Figure, Store, Sure},
};

/// How it is printed.
#[derive(Debug, Args)]
pub struct Stats {
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatsJson {
    users: FigureJson,
    rooms: FigureJson,
    messages: FigureJson,
    messages_last_day: FigureJson,
    jobs: JobsJson,
    store_bytes: i64,
    schema_version: i64,
}

#[derive(Serialize)]
struct JobsJson {
    waiting: FigureJson,
    active: FigureJson,
    dead: FigureJson,
}

#[derive(Serialize)]
struct FigureJson {
    count: i64,
    /// `exact`, `about` or `atLeast`.
    sure: &'static str,
}

impl FigureJson {
    fn of(figure: Figure) -> Self {
        Self {
            count: figure.count,
            sure: match figure.sure {
                Sure::Exact => "exact",
                Sure::About => "about",
                Sure::AtLeast => "atLeast",
            },
        }
    }
}

fn words(figure: Figure) -> String {
    let count = figure.count;
    match figure.sure {
        Sure::Exact => count.to_string(),
        Sure::About => format!("about {count}"),
        Sure::AtLeast => format!("{count} or more"),
    }
}

fn size(bytes: i64) -> String {
    let bytes = bytes as f64;
    match bytes {
        small if small < 1e6 => format!("{:.0} kB", small / 1e3),
        middle if middle < 1e9 => format!("{:.1} MB", middle / 1e6),
        large => format!("{:.2} GB", large / 1e9),
    }
}

impl Stats {
    pub(super) async fn carry_out(self, store: &dyn Store) -> Result<String, AdminError> {
        let found = store.figures(Timestamp::now()).await?;
        let value = StatsJson {
            users: FigureJson::of(found.users),
            rooms: FigureJson::of(found.rooms),
            messages: FigureJson::of(found.messages),
            messages_last_day: FigureJson::of(found.messages_last_day),
            jobs: JobsJson {
                waiting: FigureJson::of(found.jobs_waiting),
                active: FigureJson::of(found.jobs_active),
                dead: FigureJson::of(found.jobs_dead),
            },
            store_bytes: found.bytes,
            schema_version: found.schema,
        };
        Ok(answer(self.json, &value, || {
            lines(&[
                ("users", words(found.users)),
                ("rooms", words(found.rooms)),
                ("messages", words(found.messages)),
                ("  of the last 24 hours", words(found.messages_last_day)),
                ("jobs waiting", words(found.jobs_waiting)),
                ("jobs active", words(found.jobs_active)),
                ("jobs dead", words(found.jobs_dead)),
                ("store", size(found.bytes)),
                ("schema", found.schema.to_string()),
            ])
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_says_how_sure_it_is() {
        assert_eq!(words(Figure::bounded(7, 10)), "7");
        assert_eq!(words(Figure::bounded(11, 10)), "10 or more");
        assert_eq!(size(1_250_000), "1.2 MB");
    }
}
