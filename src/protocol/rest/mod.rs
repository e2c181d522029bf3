//! REST bodies: requests and answers.

mod auth;
mod messages;
mod people;
mod problem;
mod rooms;

pub use self::{auth::*, messages::*, people::*, problem::*, rooms::*};
