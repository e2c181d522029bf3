//! Tickets of jobs in memory. A process that starts has an empty queue, so its first taker is told to sweep the store.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{
    adapters::turns::Turns,
    domain::{job::Priority, timestamp::Timestamp},
    ports::{
        BackendError,
        queue::{Backlog, CLAIM_TIMEOUT, Claim, Claimed, Line, Oldest, Queue, Taken, Ticket, Wish},
    },
};

/// Beyond so many tickets new ones are left to the store's sweep.
const LONGEST: usize = 1_000_000;

/// The queue port in memory.
pub struct MemoryQueue {
    tickets: Mutex<Tickets>,
    /// Something has changed for those who wait.
    changed: Notify,
    claim_timeout: Duration,
    longest: usize,
}

#[derive(Default)]
struct Tickets {
    lanes: [Lane; Line::ALL.len()],
    /// By when they are due.
    delayed: BTreeMap<(Timestamp, u64), Ticket>,
    turns: Turns,
    added: u64,
    swept: bool,
}

/// What is in one line.
#[derive(Default)]
struct Lane {
    /// With when each came.
    waiting: VecDeque<(u64, Instant, Ticket)>,
    claimed: HashMap<u64, (Instant, Ticket)>,
    /// When claims end, the next one first.
    ends: BTreeSet<(Instant, u64)>,
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new(CLAIM_TIMEOUT)
    }
}

impl MemoryQueue {
    /// A queue in which a claim lasts so long.
    pub fn new(claim_timeout: Duration) -> Self {
        Self::bounded(claim_timeout, LONGEST)
    }

    /// A queue in which a claim lasts so long, and that holds so many tickets; what is pushed beyond is left out.
    pub fn bounded(claim_timeout: Duration, longest: usize) -> Self {
        Self {
            tickets: Mutex::default(),
            changed: Notify::new(),
            claim_timeout,
            longest,
        }
    }
}

impl Tickets {
    fn len(&self) -> usize {
        self.delayed.len() + self.lanes.iter().map(Lane::len).sum::<usize>()
    }

    /// Moves tickets that are due to their lines.
    fn promote(&mut self, now: Timestamp) {
        while let Some(first) = self.delayed.first_entry()
            && first.key().0 <= now
        {
            let ((_, number), mut ticket) = first.remove_entry();
            ticket.due = None;
            self.lanes[place(ticket.line)]
                .waiting
                .push_back((number, Instant::now(), ticket));
        }
    }

    /// The lines that a worker wishes for, in the order in which they are looked at, with how many of each it has room for.
    fn lines(&mut self, wish: Wish) -> Vec<(Line, usize)> {
        match wish {
            Wish::Messages(max) => vec![(Line::Messages, max)],
            Wish::Jobs { max, low } => self
                .turns
                .next(low > 0)
                .into_iter()
                .map(|priority| {
                    let room = if priority == Priority::Low { low } else { max };
                    (Line::Jobs(priority), room)
                })
                .collect(),
        }
    }

    fn take(&mut self, lines: &[(Line, usize)], max: usize, until: Instant) -> Vec<Claimed> {
        let mut taken = Vec::new();
        for (line, room) in lines {
            let room = (*room).min(max - taken.len());
            let lane = &mut self.lanes[place(*line)];
            for (number, ticket) in lane.take(room, until) {
                let claim = Claim(format!("{}-{number}", place(*line)));
                taken.push(Claimed { claim, ticket });
            }
        }
        taken
    }

    /// When there may be something to take in these lines that nobody has to add.
    fn next_change(&self, lines: &[(Line, usize)], now: Timestamp) -> Option<Instant> {
        let due = self.delayed.first_key_value().map(|((due, _), _)| {
            let wait = due.as_millis().saturating_sub(now.as_millis());
            Instant::now() + Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(FAR)
        });
        let ends = lines
            .iter()
            .filter_map(|(line, _)| self.lanes[place(*line)].ends.first())
            .map(|(end, _)| *end);
        ends.chain(due).min()
    }
}

/// The longest wait for something to be due; then it is looked at again.
const FAR: Duration = Duration::from_secs(3_600);

impl Lane {
    fn len(&self) -> usize {
        self.waiting.len() + self.claimed.len()
    }

    /// First those whose claim has run out, then new ones.
    fn take(&mut self, room: usize, until: Instant) -> Vec<(u64, Ticket)> {
        let now = Instant::now();
        let mut taken = Vec::new();
        while taken.len() < room
            && let Some((_, number)) = self.ends.first().copied().filter(|(end, _)| *end <= now)
            && let Some(mut ticket) = self.end(number)
        {
            ticket.again = true;
            taken.push((number, ticket));
        }
        let fresh = self.waiting.len().min(room - taken.len());
        let fresh = self.waiting.drain(..fresh);
        taken.extend(fresh.map(|(number, _, ticket)| (number, ticket)));
        for (number, ticket) in &taken {
            self.claimed.insert(*number, (until, ticket.clone()));
            self.ends.insert((until, *number));
        }
        taken
    }

    /// Ends a claim.
    fn end(&mut self, number: u64) -> Option<Ticket> {
        let (until, ticket) = self.claimed.remove(&number)?;
        self.ends.remove(&(until, number));
        Some(ticket)
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn push(&self, tickets: &[Ticket]) -> Result<(), BackendError> {
        let now = Timestamp::now();
        let mut queue = self.tickets.lock();
        let room = self.longest.saturating_sub(queue.len());
        if room < tickets.len() {
            tracing::warn!("the job queue is full; the sweep will bring what was left out");
        }
        for ticket in tickets.iter().take(room) {
            queue.added += 1;
            let number = queue.added;
            let mut ticket = ticket.clone();
            match ticket.due.take_if(|due| *due > now) {
                Some(due) => {
                    queue.delayed.insert((due, number), ticket);
                }
                None => {
                    ticket.due = None;
                    queue.lanes[place(ticket.line)].waiting.push_back((
                        number,
                        Instant::now(),
                        ticket,
                    ));
                }
            }
        }
        drop(queue);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn take(&self, _worker: &str, wish: Wish, wait: Duration) -> Result<Taken, BackendError> {
        let (Wish::Messages(max) | Wish::Jobs { max, .. }) = wish;
        if max == 0 {
            return Ok(Taken::default());
        }
        let until = Instant::now() + wait;
        let lines = self.tickets.lock().lines(wish);
        loop {
            let changed = self.changed.notified();
            let next_change = {
                let mut tickets = self.tickets.lock();
                let now = Timestamp::now();
                tickets.promote(now);
                let reborn = !std::mem::replace(&mut tickets.swept, true);
                let taken = tickets.take(&lines, max, Instant::now() + self.claim_timeout);
                if !taken.is_empty() || reborn || Instant::now() >= until {
                    return Ok(Taken {
                        tickets: taken,
                        reborn,
                    });
                }
                tickets.next_change(&lines, now)
            };
            // A claim that is made while this worker waits can end no sooner than a whole claim from now.
            let whole = Instant::now() + self.claim_timeout;
            let end = next_change.map_or(whole, |end| end.min(whole));
            let _ = timeout_at(end.min(until), changed).await;
        }
    }

    async fn settle(&self, claims: &[Claim]) -> Result<(), BackendError> {
        let mut tickets = self.tickets.lock();
        for claim in claims {
            if let Some((lane, number)) = claim.0.split_once('-')
                && let Ok(lane) = lane.parse::<usize>()
                && let Some(lane) = tickets.lanes.get_mut(lane)
                && let Ok(number) = number.parse()
            {
                lane.end(number);
            }
        }
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, BackendError> {
        let mut tickets = self.tickets.lock();
        tickets.promote(Timestamp::now());
        let count = |line| tickets.lanes[place(line)].len() as u64;
        Ok(Backlog {
            messages: count(Line::Messages),
            jobs: Priority::ALL.map(|priority| count(Line::Jobs(priority))),
            delayed: tickets.delayed.len() as u64,
        })
    }

    async fn oldest(&self) -> Result<Oldest, BackendError> {
        let mut tickets = self.tickets.lock();
        tickets.promote(Timestamp::now());
        Ok(Line::ALL.map(|line| {
            let first = tickets.lanes[place(line)].waiting.front();
            first.map(|(_, since, _)| since.elapsed())
        }))
    }
}

fn place(line: Line) -> usize {
    match line {
        Line::Messages => 0,
        Line::Jobs(Priority::High) => 1,
        Line::Jobs(Priority::Normal) => 2,
        Line::Jobs(Priority::Low) => 3,
    }
}
