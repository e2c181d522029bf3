//! What people do, a verb a file. Knows the ports and the live rooms; knows nothing of sockets or HTTP.

pub mod accounts;
pub mod external_keys;
pub mod external_tokens;
pub mod history;
pub mod issuer_keys;
pub mod join;
pub mod limits;
pub mod passwords;
pub mod people;
pub mod rooms;
pub mod send;
pub mod sessions;
pub mod tokens;

use std::sync::Arc;

use crate::{
    commit::writer::Writer,
    domain::{
        error::Problem,
        id::UserId,
        permission::{Action, Verdict, judge},
        room::RoomView,
    },
    metrics::Metrics,
    ports::{BackendError, cache::RecentCache, limits::Quota, presence::Presence, store::Store},
    room::{
        hubs::Hubs,
        recent::RecentMessages,
        sessions::EndedSessions,
        tracker::{Telling, Tracker},
    },
};

/// The parts that the use cases work with.
pub struct Parts {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// Recent messages.
    pub cache: Arc<dyn RecentCache>,
    /// Who is here, over all replicas.
    pub presence: Arc<dyn Presence>,
    /// This replica's own people.
    pub tracker: Arc<Tracker>,
    /// The way to everybody's sockets, here and elsewhere, for what is not kept.
    pub telling: Telling,
    /// The live rooms.
    pub hubs: Arc<Hubs>,
    /// The way to a commit.
    pub writer: Arc<Writer>,
    /// How often people may do things, over all replicas.
    pub limits: limits::Limits,
    /// Makes and checks tokens.
    pub tokens: tokens::Tokens,
    /// Makes and checks passwords' hashes.
    pub passwords: passwords::Passwords,
    /// Sessions that have ended.
    pub ended: Arc<EndedSessions>,
    /// Figures.
    pub metrics: Arc<Metrics>,
}

/// What an operator may choose about the use cases.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Whether joining makes rooms.
    pub rooms_by_joining: bool,
    /// Whether people may come without a password.
    pub guests: bool,
    /// Whether people may make accounts.
    pub registration: bool,
    /// Messages of one user a second, with bursts of five times that.
    pub messages_per_second: std::num::NonZeroU32,
}

/// The use cases.
pub struct Chat {
    parts: Parts,
    policy: Policy,
    recent: RecentMessages,
    sends: Quota,
    known: accounts::KnownAccounts,
}

impl Chat {
    /// Puts the use cases together.
    pub fn new(parts: Parts, policy: Policy) -> Self {
        let per_second = policy.messages_per_second;
        let recent = RecentMessages {
            store: parts.store.clone(),
            cache: parts.cache.clone(),
            metrics: parts.metrics.clone(),
        };
        Self {
            recent,
            policy,
            sends: Quota::per_second(per_second, per_second.saturating_mul(BURST)),
            known: accounts::KnownAccounts::default(),
            parts,
        }
    }

    /// How often people may do things.
    pub fn limits(&self) -> &limits::Limits {
        &self.parts.limits
    }

    /// The room as the asker sees it, if they may do `action` in it.
    async fn allowed(
        &self,
        action: Action,
        room: &crate::domain::id::RoomId,
        asker: &UserId,
    ) -> Result<RoomView, Problem> {
        let view = self
            .parts
            .store
            .room(room, asker)
            .await
            .map_err(unavailable)?
            .ok_or_else(Problem::no_room)?;
        match judge(
            action,
            view.room.visibility,
            view.standing.map(|standing| standing.role),
            false,
        ) {
            Verdict::Allowed => Ok(view),
            Verdict::Forbidden => Err(not_member()),
            Verdict::Hidden => Err(Problem::no_room()),
        }
    }
}

/// Bursts are so many times the sustained rate.
pub const BURST: std::num::NonZeroU32 = std::num::NonZeroU32::MIN.saturating_add(4);

/// Logs the cause for the operator, once, and makes what the user is told of it.
pub(crate) fn unavailable(error: BackendError) -> Problem {
    match error {
        BackendError::Unavailable { .. } => {
            tracing::warn!(%error, "a request could not be served");
            Problem::unavailable()
        }
        BackendError::Fault { .. } => {
            tracing::error!(%error, "a request could not be served");
            Problem::internal()
        }
    }
}

fn not_member() -> Problem {
    Problem::new(
        crate::domain::error::Code::Forbidden,
        "Only members of the room may do that; join it first.",
    )
}
