//! `room-list`: one user is a member of very many rooms, each with something unread, and asks for all of them at once.

use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;
use serde_json::json;

use crate::account::{self, Cpu};
use crate::client::{self, Client, Receiver};
use crate::crowd::{cpu_report, room_id};
use crate::fleet::{self, Failure};
use crate::latency::Latency;
use crate::options::Common;
use crate::rest::Rest;
use crate::scenario;

const HANDS: usize = 64;

#[derive(Args, Debug)]
pub struct RoomList {
    #[command(flatten)]
    common: Common,
    /// Rooms of the user.
    #[arg(long, default_value_t = 2000)]
    rooms: usize,
    /// How often the list is asked for, one time after another.
    #[arg(long, default_value_t = 200)]
    times: usize,
    /// The same before it, not counted.
    #[arg(long, default_value_t = 20)]
    warm_up: usize,
}

/// Takes what a join brings and looks at none of it.
struct Deaf;

impl Receiver for Deaf {
    fn event(&self, _: &str, _: &str) {}
    fn ack(&self, _: u64, _: &str) {}
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rooms {
    rooms: Vec<Room>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Room {
    unread: i64,
    member_count: i64,
}

/// Runs the scenario; returns whether everything was as promised.
pub fn run(options: &RoomList) -> Result<bool, Failure> {
    let common = &options.common;
    let (_, measured) = fleet::run(
        1,
        |_, run| async move {
            furnish(options)
                .await
                .unwrap_or_else(|why| fleet::give_up(why));
            run.in_step().await;
            run.in_step().await;
        },
        |run| async move {
            run.in_step().await;
            let measured = measure(options)
                .await
                .unwrap_or_else(|why| fleet::give_up(why));
            run.in_step().await;
            measured
        },
    )?;
    let (latency, bytes, list, cpu, seconds) = measured;
    let mut faults = Vec::new();
    if list.rooms.len() != options.rooms {
        faults.push(format!("{} rooms in the list", list.rooms.len()));
    }
    let wrong = |room: &&Room| room.unread != 1 || room.member_count != 2;
    let wrong = list.rooms.iter().filter(wrong).count();
    if wrong > 0 {
        faults.push(format!("{wrong} rooms with wrong counts"));
    }
    let report = json!({
        "rooms": options.rooms, "times": options.times, "bytes": bytes,
        "listMs": { "p50": latency.quantile_ms(0.5), "p95": latency.quantile_ms(0.95), "p99": latency.quantile_ms(0.99) },
        "cpu": cpu_report(&cpu, seconds), "serverPeakRssMib": account::peak_rss_mib(&common.pids).round(),
    });
    eprintln!(
        "room-list: {} rooms, p50 {} ms, p95 {} ms",
        options.rooms, report["listMs"]["p50"], report["listMs"]["p95"]
    );
    let serde_json::Value::Object(report) = report else {
        unreachable!("json! of braces is an object")
    };
    Ok(scenario::print("room-list", report, &faults))
}

/// The reader makes the rooms by joining them; another user writes into each.
async fn furnish(options: &RoomList) -> Result<(), Failure> {
    for user in [0, 1] {
        let connected =
            client::connect(options.common.url(0), &options.common.token(user)?).await?;
        let client = connected.client();
        connected.listen(Rc::new(Deaf));
        stream::iter(0..options.rooms)
            .map(|room| visit(&client, room, user == 1))
            .buffer_unordered(HANDS)
            .try_collect::<Vec<()>>()
            .await?;
        client.close();
    }
    // Enrichment, the end of the sockets and the database's own first look at its tables are not part of what is measured.
    tokio::time::sleep(Duration::from_secs(12)).await;
    Ok(())
}

async fn visit(client: &Client, room: usize, writes: bool) -> Result<(), Failure> {
    let id = room_id(room);
    client.request("join:room", &json!(id).to_string()).await?;
    if writes {
        let message = json!({ "roomId": id, "content": "something to read" });
        client.request("message:send", &message.to_string()).await?;
    }
    client
        .request("leave:room", &json!(id).to_string())
        .await
        .map(drop)
}

async fn measure(options: &RoomList) -> Result<(Latency, usize, Rooms, Cpu, f64), Failure> {
    let common = &options.common;
    let mut rest = Rest::connect(common, Some(0)).await?;
    let path = format!("/api/rooms?scope=mine&limit={}", options.rooms);
    for _ in 0..options.warm_up {
        rest.bytes(&path).await?;
    }
    let (mut latency, mut last) = (Latency::default(), Vec::new());
    let clock = || Cpu::now(&common.pids, &common.store_pids);
    let (before, start) = (clock(), std::time::Instant::now());
    for _ in 0..options.times {
        let asked = std::time::Instant::now();
        last = rest.bytes(&path).await?.to_vec();
        latency.record(asked.elapsed().as_micros() as u64);
    }
    let (used, seconds) = (clock().since(before), start.elapsed().as_secs_f64());
    let list = serde_json::from_slice(&last)?;
    Ok((latency, last.len(), list, used, seconds))
}
