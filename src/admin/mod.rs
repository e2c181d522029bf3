//! What operators do from the command line, in the store itself: beside servers and workers, or without them.
//!
//! Over Redis, servers are told at once. Without it there is no way from here to the sockets, and whoever serves finds what has
//! changed in the store, within the second in which it compares.

mod answer;
mod figures;
mod jobs;
mod rooms;
mod table;
mod users;

use std::sync::Arc;

use clap::Subcommand;

pub use self::table::plain;
use self::{figures::Stats, jobs::Jobs, rooms::Rooms, users::Users};
use crate::{
    domain::{error::Problem, presence::Signal},
    ports::{
        BackendError,
        bus::{Bus, News, Topic},
        store::Store,
    },
};

/// What an operator may look after.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// People: list them, look at one, make an account, set a password, end sessions
    Users {
        /// What
        #[command(subcommand)]
        what: Users,
    },
    /// Rooms: list them, look at one, see and change its members, delete it
    Rooms {
        /// What
        #[command(subcommand)]
        what: Rooms,
    },
    /// Background jobs: list them, look at one, have a dead one tried again, end one
    Jobs {
        /// What
        #[command(subcommand)]
        what: Jobs,
    },
    /// How many people, rooms, messages and jobs there are, and what they take
    Stats(Stats),
}

/// An operator's desk: the store, and the way to those who serve, where there is one.
pub struct Desk {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The way to every server; none without Redis.
    pub bus: Option<Arc<dyn Bus>>,
}

impl Desk {
    fn tell(&self, signals: Vec<Signal>) {
        let Some(bus) = &self.bus else { return };
        for signal in signals {
            bus.publish(&Topic::of(&signal), &News::Signals(vec![signal]));
        }
    }

    /// When it shows to those who are connected.
    fn when(&self) -> &'static str {
        match self.bus {
            Some(_) => "Servers are told over Redis.",
            None => "A server that runs finds it within 2 s.",
        }
    }
}

/// What an operator asked for was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// It makes no sense for what is there.
    #[error("{0}")]
    Refused(String),
    /// The store.
    #[error("DATABASE_URL: {0}")]
    Store(#[from] BackendError),
}

impl From<Problem> for AdminError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem.message)
    }
}

fn refused<T>(why: impl Into<String>) -> Result<T, AdminError> {
    Err(AdminError::Refused(why.into()))
}

/// Does it, and answers with what there is to print.
pub async fn carry_out(what: Admin, desk: &Desk) -> Result<String, AdminError> {
    match what {
        Admin::Users { what } => what.carry_out(desk).await,
        Admin::Rooms { what } => what.carry_out(desk).await,
        Admin::Jobs { what } => what.carry_out(&*desk.store).await,
        Admin::Stats(stats) => stats.carry_out(&*desk.store).await,
    }
}
