//! What people do, a verb a file. Knows the ports and the live rooms; knows nothing of sockets or HTTP.

pub mod accounts;
mod acts;
pub mod clap;
pub mod delete;
pub mod direct;
pub mod edit;
pub mod external_keys;
pub mod external_tokens;
pub mod history;
pub mod issuer_keys;
pub mod job_wish;
pub mod jobs;
pub mod join;
mod known;
pub mod limits;
pub mod members;
mod mine;
pub mod moderation;
pub mod notifications;
pub mod passwords;
pub mod people;
pub mod publish;
pub mod react;
pub mod read;
mod refusals;
pub mod rooms;
pub mod send;
pub mod sessions;
pub mod tokens;
mod unasked;
mod whereabouts;

use std::sync::Arc;

use crate::{
    commit::{
        applause::Gatherer,
        reading::{self, Reading},
        writer::Writer,
    },
    domain::{
        error::Problem,
        id::UserId,
        permission::{Action, Verdict, judge},
        room::{Role, RoomView, Visibility},
    },
    jobs::Handlers,
    jobs::Intake,
    metrics::Metrics,
    ports::{BackendError, limits::Quota, presence::Presence, queue::Queue, store::Store},
    room::{
        hubs::Hubs,
        recent::RecentMessages,
        sessions::EndedSessions,
        tracker::{Telling, Tracker},
    },
    telemetry::trace::Tracer,
};

/// The parts that the use cases work with.
pub struct Parts {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// The fast path of jobs to workers.
    pub queue: Arc<dyn Queue>,
    /// Where jobs are handed in.
    pub intake: Arc<Intake>,
    /// The types of jobs that there are.
    pub handlers: Handlers,
    /// Recent messages.
    pub recent: RecentMessages,
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
    /// Where traces go.
    pub tracer: Tracer,
}

/// What an operator may choose about the use cases.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Whether joining makes rooms.
    pub rooms_by_joining: bool,
    /// Whether people may come without a password.
    pub guests: bool,
    /// Whether people may make accounts.
    pub registration: bool,
    /// Messages of one user a second, with bursts of five times that.
    pub messages_per_second: std::num::NonZeroU32,
    /// Accounts, guests included, that one address may make at once and in an hour; none: as many as there are.
    pub accounts_per_address: Option<std::num::NonZeroU32>,
    /// What a backend proves itself with; none: no backend may publish.
    pub server_key: Option<publish::ServerKey>,
}

/// The use cases.
pub struct Chat {
    parts: Parts,
    policy: Policy,
    sends: Quota,
    arrivals: known::Arrivals,
    whereabouts: whereabouts::Whereabouts,
    applause: Arc<Gatherer>,
    reading: Reading,
}

impl Chat {
    /// Puts the use cases together.
    pub fn new(parts: Parts, policy: Policy) -> Self {
        let per_second = policy.messages_per_second;
        Self {
            policy,
            sends: Quota::per_second(per_second, per_second.saturating_mul(BURST)),
            arrivals: known::Arrivals::new(parts.store.clone()),
            whereabouts: whereabouts::Whereabouts::new(parts.store.clone()),
            applause: Gatherer::new(
                parts.writer.clone(),
                parts.store.clone(),
                parts.metrics.clone(),
            ),
            reading: reading::start(parts.store.clone(), parts.telling.clone()),
            parts,
        }
    }

    /// Where traces go.
    pub fn tracer(&self) -> &Tracer {
        &self.parts.tracer
    }

    /// How often people may do things.
    pub fn limits(&self) -> &limits::Limits {
        &self.parts.limits
    }

    /// Takes nothing more that is gathered, and ends when what has gathered is done. To be called before the writer's end.
    pub async fn finish(&self) {
        futures_util::join!(
            self.arrivals.finish(),
            self.whereabouts.finish(),
            self.applause.finish(),
            self.reading.finish(),
            self.parts.intake.finish(),
        );
    }

    fn reader(&self, user: &UserId) -> mine::Reader {
        mine::Reader {
            store: self.parts.store.clone(),
            user: user.clone(),
        }
    }

    /// The room as the asker sees it, if they may do `action` in it.
    async fn allowed(
        &self,
        action: Action,
        room: &crate::domain::id::RoomId,
        asker: &UserId,
    ) -> Result<RoomView, Problem> {
        let asked_at = tokio::time::Instant::now();
        let view = self
            .parts
            .store
            .room(room, asker)
            .await
            .map_err(unavailable)?;
        let acquaintances = self.parts.hubs.acquaintances();
        match view.as_ref().and_then(|view| view.standing) {
            Some(standing) => acquaintances.met(room, asker, standing, asked_at),
            None => acquaintances.forget(room, asker),
        }
        let view = view.ok_or_else(Problem::no_room)?;
        let role = view.standing.map(|standing| standing.role);
        judged(action, view.room.visibility, role, false)?;
        Ok(view)
    }
}

/// What [`judge`] says, as an answer.
fn judged(
    action: Action,
    visibility: Visibility,
    role: Option<Role>,
    own: bool,
) -> Result<(), Problem> {
    match judge(action, visibility, role, own) {
        Verdict::Allowed => Ok(()),
        Verdict::Forbidden if role.is_none() => Err(refusals::not_member()),
        Verdict::Forbidden => Err(refusals::not_yours_to_do()),
        Verdict::Hidden => Err(Problem::no_room()),
    }
}

/// Bursts are so many times the sustained rate.
pub const BURST: std::num::NonZeroU32 = std::num::NonZeroU32::MIN.saturating_add(4);

/// Logs the cause for the operator, once, and makes what the user is told of it.
pub(crate) fn unavailable(error: BackendError) -> Problem {
    error.told()
}
