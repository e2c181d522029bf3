//! Tickets of jobs: a stream with a consumer group for each line, and one sorted set of those that are not due; kept by scripts,
//! `scripts/queue_lib.lua` says how.
//!
//! One call of a script hands out what there is: it moves what is due, makes streams and groups that are missing, takes over claims
//! of dead workers (now and then), and reads the lines in order. A worker that gets nothing waits for a bell on a connection of its
//! own, and looks again. A settled entry is deleted, so a stream's length is what is left to do. Redis may forget all of it: groups
//! that are missing tell, and the store's rows are swept.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use redis::{Script, Value, aio::MultiplexedConnection};
use tokio::time::{Instant, timeout_at};

use super::{
    RedisSettings,
    link::{Link, backend_error, fault, too_slow, within},
    queue_checks::Checks,
    queue_readers::Readers,
    queue_reply::{Found, look_of},
    queue_ticket::{self, letter},
};
use crate::{
    adapters::turns::Turns,
    domain::job::Priority,
    ports::{
        BackendError,
        queue::{Backlog, Claim, Claimed, Line, Oldest, Queue, Taken, Ticket, Wish},
    },
};

/// How many tickets one call of a script has to do with: that takes Redis about a millisecond.
const AT_ONCE: usize = 500;

/// So long at least a worker waits before it looks whether a ticket is due.
const SHORT_NAP: Duration = Duration::from_millis(25);

/// The queue port on Redis.
pub struct RedisQueue {
    link: Arc<Link>,
    prefix: String,
    limit: Duration,
    claim_timeout: Duration,
    worker_idle: Duration,
    nap: Duration,
    bounds: [u64; 3],
    push: Script,
    take: Script,
    settle: Script,
    backlog: Script,
    oldest: Script,
    readers: Readers,
    checks: Checks,
    turns: Mutex<Turns>,
}

macro_rules! script {
    ($name:literal) => {
        Script::new(concat!(
            include_str!("scripts/queue_lib.lua"),
            include_str!(concat!("scripts/queue_", $name, ".lua"))
        ))
    };
}

impl RedisQueue {
    pub(super) fn new(settings: &RedisSettings, link: Arc<Link>) -> Self {
        Self {
            readers: Readers::new(link.clone()),
            link,
            prefix: settings.prefix.clone(),
            limit: settings.queue_time,
            claim_timeout: settings.claim_timeout,
            worker_idle: settings.worker_idle,
            nap: settings.queue_nap,
            bounds: [
                settings.message_tickets,
                settings.job_tickets,
                settings.delayed_tickets,
            ],
            push: script!("push"),
            take: script!("take"),
            settle: script!("settle"),
            backlog: script!("backlog"),
            oldest: script!("oldest"),
            checks: Checks::new(settings.claim_check),
            turns: Mutex::default(),
        }
    }

    fn call<'a>(&self, script: &'a Script) -> redis::ScriptInvocation<'a> {
        let mut call = script.key(&self.prefix);
        call.arg(&self.bounds);
        call
    }

    /// The lines that a worker wishes for, in the order in which they are looked at.
    fn lines(&self, wish: Wish) -> Vec<Line> {
        match wish {
            Wish::Messages(_) => vec![Line::Messages],
            Wish::Jobs { low, .. } => {
                let order = self.turns.lock().next(low > 0);
                let wished = order
                    .into_iter()
                    .filter(|it| low > 0 || *it != Priority::Low);
                wished.map(Line::Jobs).collect()
            }
        }
    }

    async fn take_within(
        &self,
        worker: &str,
        wish: Wish,
        until: Instant,
    ) -> Result<Taken, BackendError> {
        let lines = self.lines(wish);
        let mut reader = self.readers.get().await?;
        loop {
            let (taken, nap) = self
                .look(&mut reader.connection, worker, wish, &lines)
                .await?;
            let left = until.saturating_duration_since(Instant::now());
            if !taken.tickets.is_empty() || taken.reborn || left.is_zero() {
                self.readers.put_back(reader);
                return Ok(taken);
            }
            if let Some(nap) = nap {
                self.wait(&mut reader.connection, &lines, nap.min(left))
                    .await?;
            }
        }
    }

    /// What there is now; and how long to wait for more, unless there may be some already.
    async fn look(
        &self,
        reader: &mut MultiplexedConnection,
        worker: &str,
        wish: Wish,
        lines: &[Line],
    ) -> Result<(Taken, Option<Duration>), BackendError> {
        let (max, low) = match wish {
            Wish::Messages(max) => (max, 0),
            Wish::Jobs { max, low } => (max, low),
        };
        let checks = self.checks.begin(lines);
        let mut call = self.call(&self.take);
        call.arg(worker).arg(max.min(AT_ONCE)).arg(low.min(AT_ONCE));
        call.arg(millis(self.claim_timeout))
            .arg(millis(self.worker_idle));
        for line in lines {
            call.arg(letter(*line).to_string())
                .arg(checks.cursor(*line));
        }
        let answer: Value = within(self.limit, call.invoke_async(reader))
            .await
            .map_err(backend_error)?;
        let look = look_of(answer)?;
        let is_all_seen = checks.end(&look.lines);
        if look.reborn {
            self.has_been_told(reader).await;
        }
        let is_empty = look
            .lines
            .iter()
            .all(|found| found.held.is_empty() && found.new.is_empty());
        let nap = look
            .next_due
            .map_or(self.nap, |due| due.max(SHORT_NAP).min(self.nap));
        let taken = Taken {
            tickets: self.understood(look.lines).await,
            reborn: look.reborn,
        };
        Ok((taken, (is_empty && is_all_seen).then_some(nap)))
    }

    /// Somebody here is about to be told that the queue is new: nobody else has to be. If Redis does not hear of it, somebody else
    /// will be told as well.
    async fn has_been_told(&self, reader: &mut MultiplexedConnection) {
        tracing::info!("the job queue is new, or Redis had lost it");
        let mut forget = redis::cmd("DEL");
        forget.arg(format!("{}queue:untold", self.prefix));
        if let Err(error) = within(self.limit, forget.query_async::<()>(reader)).await {
            tracing::debug!(%error, "another worker will hear as well that the queue is new");
        }
    }

    /// Waits for the bell of any of the lines.
    async fn wait(
        &self,
        reader: &mut MultiplexedConnection,
        lines: &[Line],
        nap: Duration,
    ) -> Result<(), BackendError> {
        let mut wait = redis::cmd("BLPOP");
        for line in lines {
            wait.arg(format!("{}:bell", self.stream(*line)));
        }
        // None at all would be for ever.
        wait.arg(nap.as_secs_f64().max(0.001));
        let _: Value = within(nap + self.limit, wait.query_async(reader))
            .await
            .map_err(backend_error)?;
        Ok(())
    }

    /// The tickets of entries. What is no ticket is settled, for nobody will ever understand it.
    async fn understood(&self, lines: Vec<Found>) -> Vec<Claimed> {
        let mut tickets = Vec::new();
        let mut hopeless = Vec::new();
        for found in lines {
            let held = found.held.iter().map(|entry| (entry, true));
            let new = found.new.iter().map(|entry| (entry, false));
            for (entry, held) in held.chain(new) {
                match queue_ticket::read(found.line, entry, held) {
                    Ok(ticket) => tickets.push(ticket),
                    Err(cause) => {
                        tracing::warn!(entry = entry.id, line = ?found.line, cause, "an entry of the job queue is no ticket");
                        hopeless.push(queue_ticket::claim(found.line, &entry.id));
                    }
                }
            }
        }
        if let Err(error) = self.settle(&hopeless).await {
            tracing::debug!(%error, "entries that are no tickets stay until they are claimed again");
        }
        tickets
    }

    fn stream(&self, line: Line) -> String {
        let name = match line {
            Line::Messages => "messages",
            Line::Jobs(priority) => priority.as_str(),
        };
        format!("{}queue:{name}", self.prefix)
    }
}

#[async_trait]
impl Queue for RedisQueue {
    async fn push(&self, tickets: &[Ticket]) -> Result<(), BackendError> {
        let until = Instant::now() + self.limit;
        for chunk in tickets.chunks(AT_ONCE) {
            let mut call = self.call(&self.push);
            for ticket in chunk {
                let due = ticket.due.map(|due| due.as_millis().to_string());
                let written =
                    queue_ticket::written(ticket).map_err(|error| fault(error.to_string()))?;
                call.arg(due.unwrap_or_default()).arg(written);
            }
            let left = until.saturating_duration_since(Instant::now());
            let () = self.link.script(left, &call).await?;
        }
        Ok(())
    }

    async fn take(&self, worker: &str, wish: Wish, wait: Duration) -> Result<Taken, BackendError> {
        let (Wish::Messages(max) | Wish::Jobs { max, .. }) = wish;
        if max == 0 {
            return Ok(Taken::default());
        }
        let until = Instant::now() + wait;
        timeout_at(until + self.limit, self.take_within(worker, wish, until))
            .await
            .unwrap_or_else(|_| Err(backend_error(too_slow())))
    }

    async fn settle(&self, claims: &[Claim]) -> Result<(), BackendError> {
        let mut places: Vec<_> = claims.iter().filter_map(queue_ticket::place).collect();
        places.sort_unstable_by_key(|it| (letter(it.line), it.millis, it.number));
        let until = Instant::now() + self.limit;
        for chunk in places.chunks(AT_ONCE) {
            let mut call = self.call(&self.settle);
            for of_line in chunk.chunk_by(|one, other| one.line == other.line) {
                call.arg(letter(of_line[0].line).to_string())
                    .arg(of_line.len());
                for place in of_line {
                    call.arg(format!("{}-{}", place.millis, place.number));
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            let () = self.link.script(left, &call).await?;
        }
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, BackendError> {
        let call = self.call(&self.backlog);
        let (messages, high, normal, low, delayed) = self.link.script(self.limit, &call).await?;
        Ok(Backlog {
            messages,
            jobs: [high, normal, low],
            delayed,
        })
    }

    async fn oldest(&self) -> Result<Oldest, BackendError> {
        let call = self.call(&self.oldest);
        let ages: [i64; Line::ALL.len()] = self.link.script(self.limit, &call).await?;
        Ok(ages.map(|age| u64::try_from(age).ok().map(Duration::from_millis)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
