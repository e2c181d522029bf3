//! REST bodies: requests and answers.

mod auth;
mod given;
mod jobs;
mod members;
mod messages;
mod moderation;
mod notifications;
mod people;
mod problem;
mod publish;
mod rooms;
mod status;
mod visitor;

use self::given::given;
pub use self::{
    auth::*, jobs::*, members::*, messages::*, moderation::*, notifications::*, people::*,
    problem::*, publish::*, rooms::*, status::*, visitor::*,
};
