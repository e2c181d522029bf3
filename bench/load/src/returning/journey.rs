//! The connections of one client, one after another: cut, away for a while, back with `since`.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::client;
use crate::fleet::Failure;
use crate::options::Dialect;
use crate::returning::visitor::Visitor;
use crate::returning::{Plan, Shared, Trouble};
use crate::stamp::Stamp;

/// A stock client gives up an attempt to connect after this long.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// So many failed attempts, and the client counts as lost.
const ATTEMPTS: u32 = 12;

/// The task that reads one connection; it ends with it.
pub(super) type Connection = JoinHandle<()>;

/// Connects to the server that the visitor is at, and joins.
pub(super) async fn arrive(visitor: &Rc<Visitor>) -> Result<Connection, Failure> {
    let url = &visitor.urls[visitor.server.get()];
    let connected = timeout(CONNECT_LIMIT, client::connect(url, &visitor.token))
        .await
        .map_err(|_| "no connection within 20 s")??;
    let client = connected.client();
    visitor.history_at.set(None);
    let connection = connected.listen(visitor.clone());
    let answer = client
        .request("join:room", &visitor.join_argument())
        .await
        .inspect_err(|_| connection.abort())?;
    if visitor.history_at.get().is_none() {
        return Err("the acknowledgement of a join came before its room:history".into());
    }
    if visitor.dialect != Dialect::Peer && answer["rev"].as_u64().is_none() {
        return Err(format!("a join was acknowledged without a rev: {answer}").into());
    }
    if let Some(speech) = &visitor.speech {
        speech.borrow_mut().repeat(&client);
    }
    visitor.client.replace(Some(client));
    Ok(connection)
}

/// Goes on from the first connection until the run ends, or the visitor is lost.
pub(super) async fn go_on(
    visitor: Rc<Visitor>,
    mut connection: Connection,
    plan: Plan,
    shared: Arc<Shared>,
) {
    let run = visitor.run.clone();
    let cuts = match plan.trouble {
        Trouble::Cuts { every, offline, .. } if visitor.speech.is_none() => Some((every, offline)),
        _ => None,
    };
    let mut cut_at = cuts.map(|(every, _)| {
        let share = visitor.person as f64 / plan.clients as f64;
        run.window().0 + (every.as_micros() as f64 * share) as u64
    });
    loop {
        let ours = tokio::select! {
            _ = &mut connection => false,
            () = run.sleep_until(cut_at.unwrap_or(0)), if cut_at.is_some() => true,
        };
        if ours && run.now() >= run.window().1 {
            cut_at = None;
            continue;
        }
        shared.away.fetch_add(1, Ordering::Relaxed);
        leave(&visitor, &mut connection, ours).await;
        match cuts.filter(|_| ours) {
            Some((_, offline)) => sleep(offline).await,
            None => sleep(back_off(&visitor, 0)).await,
        }
        match come_back(&visitor).await {
            Ok(new) => connection = new,
            Err(why) => {
                visitor.lost.replace(Some(why.to_string()));
                shared.away.fetch_sub(1, Ordering::Relaxed);
                return;
            }
        }
        shared.away.fetch_sub(1, Ordering::Relaxed);
        cut_at = cuts.map(|(every, _)| run.now() + every.as_micros() as u64);
    }
}

async fn leave(visitor: &Visitor, connection: &mut Connection, ours: bool) {
    let client = visitor.client.take();
    if let Some(speech) = &visitor.speech {
        speech.borrow_mut().interrupted();
    }
    if ours {
        if let Some(client) = client {
            client.end_abruptly();
        }
        connection.abort();
        // What it ends with is that we have aborted it.
        let _ = connection.await;
        visitor.tally.borrow_mut().cuts += 1;
    } else {
        visitor.tally.borrow_mut().cut_by_server += 1;
    }
}

/// Connects and joins again, on the next server in turn that lets us in, as a load balancer would choose; while none does,
/// after longer and longer times.
async fn come_back(visitor: &Rc<Visitor>) -> Result<Connection, Failure> {
    let possible = visitor.run.now();
    let mut attempt = 0;
    loop {
        let mut why = None;
        for _ in 0..visitor.urls.len() {
            let next = (visitor.server.get() + 1) % visitor.urls.len();
            visitor.server.set(next);
            match arrive(visitor).await {
                Ok(connection) => {
                    let now = visitor.run.now();
                    let history = visitor.history_at.get().unwrap_or(now);
                    let mut tally = visitor.tally.borrow_mut();
                    tally.replay.record(history.saturating_sub(possible));
                    tally.joined.record(now - possible);
                    visitor.came_back.set(visitor.came_back.get() + 1);
                    return Ok(connection);
                }
                Err(failure) => why = Some(failure),
            }
        }
        visitor.tally.borrow_mut().failed_attempts += 1;
        attempt += 1;
        if attempt == ATTEMPTS {
            return Err(why.unwrap_or_else(|| "there is no server".into()));
        }
        sleep(back_off(visitor, attempt)).await;
    }
}

/// The stock client's: 1 s, doubled for each failed attempt, more or less by up to a half, and 5 s at most.
fn back_off(visitor: &Visitor, attempt: u32) -> Duration {
    let dice = Stamp {
        sender: visitor.person as u32,
        turn: visitor.came_back.get() << 8 | attempt,
        at: 0,
    }
    .fingerprint();
    let share = (dice >> 11) as f64 / (1u64 << 53) as f64;
    let seconds = f64::from(1u32 << attempt.min(3)) * (0.5 + share);
    Duration::from_secs_f64(seconds.min(5.0))
}
