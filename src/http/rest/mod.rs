//! The REST paths, a file for what they are about.

mod auth;
mod jobs;
mod members;
mod messages;
mod moderation;
mod notifications;
mod people;
mod publish;
mod rooms;
mod visitor;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use super::router::Shared;

/// All paths below `/api`, with their description.
pub fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .merge(auth::routes())
        .merge(rooms::routes())
        .merge(members::routes())
        .merge(messages::routes())
        .merge(moderation::routes())
        .merge(notifications::routes())
        .merge(people::routes())
        .merge(publish::routes())
        .merge(jobs::routes())
        .merge(visitor::routes())
}
