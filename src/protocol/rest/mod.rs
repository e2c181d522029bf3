//! REST bodies: requests and answers.

mod auth;
mod given;
mod members;
mod messages;
mod people;
mod problem;
mod publish;
mod rooms;

use self::given::given;
pub use self::{auth::*, members::*, messages::*, people::*, problem::*, publish::*, rooms::*};
