use belfry::{
    adapters::redis::{RedisParts, RedisSettings},
    domain::{id::*, job::*},
    ports::queue::*,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
fn t(n: u128, p: Priority) -> Ticket {
    Ticket {
        job: JobId(uuid::Uuid::from_u128(
            n.wrapping_mul(0x9E3779B97F4A7C15F39CC0605CEDC835),
        )),
        line: Line::Jobs(p),
        due: None,
        message: None,
        again: false,
    }
}
#[tokio::main]
async fn main() {
    let url = std::env::var("BELFRY_TEST_REDIS_URL").unwrap();
    let mut plain = redis::Client::open(url.as_str())
        .unwrap()
        .get_connection()
        .unwrap();
    let (parts, _ear) =
        RedisParts::connect(RedisSettings::new(url, "measure:", ReplicaId::fresh())).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let q: Arc<RedisParts> = Arc::new(parts);
    let queue = q.queue.clone();
    let mut info = |what: &str| {
        let cpu: String = redis::cmd("INFO")
            .arg("everything")
            .query(&mut plain)
            .unwrap();
        let f = |n: &str| {
            cpu.lines()
                .find_map(|l| l.strip_prefix(n))
                .unwrap()
                .trim()
                .parse::<f64>()
                .unwrap()
        };
        println!(
            "{what}: used {:.1} MB rss {:.1} cpu {:.2} s",
            f("used_memory:") / 1e6,
            f("used_memory_rss:") / 1e6,
            f("used_cpu_user:") + f("used_cpu_sys:")
        );
    };
    let all = Wish::Jobs { max: 256, low: 256 };
    queue.take("a", all, Duration::ZERO).await.unwrap();
    info("start");
    let n = 200_000u128;
    let at = Instant::now();
    for c in 0..n / 500 {
        let v: Vec<_> = (c * 500..c * 500 + 500)
            .map(|i| t(i, Priority::Normal))
            .collect();
        queue.push(&v).await.unwrap();
    }
    println!("push {:?}", at.elapsed());
    info("pushed 1M");
    let m: i64 = redis::cmd("MEMORY")
        .arg("USAGE")
        .arg("measure:queue:normal")
        .arg("SAMPLES")
        .arg("0")
        .query(
            &mut redis::Client::open(std::env::var("BELFRY_TEST_REDIS_URL").unwrap())
                .unwrap()
                .get_connection()
                .unwrap(),
        )
        .unwrap();
    println!("MEMORY USAGE {m}");
    let at = Instant::now();
    let mut got = 0;
    while got < n as usize {
        let x = queue.take("a", all, Duration::from_secs(1)).await.unwrap();
        got += x.tickets.len();
        let c: Vec<_> = x.tickets.into_iter().map(|i| i.claim).collect();
        queue.settle(&c).await.unwrap();
    }
    println!("take+settle one by one {:?}", at.elapsed());
    info("settled 1M");
    {
        let mut p = redis::Client::open(std::env::var("BELFRY_TEST_REDIS_URL").unwrap())
            .unwrap()
            .get_connection()
            .unwrap();
        let s: String = redis::cmd("INFO")
            .arg("commandstats")
            .query(&mut p)
            .unwrap();
        println!("{s}");
        if std::env::var("SHORT").is_ok() {
            return;
        }
    }
    // concurrent
    let at = Instant::now();
    let n = 300_000usize;
    let mut set = tokio::task::JoinSet::new();
    for w in 0..2 {
        let queue = queue.clone();
        set.spawn(async move {
            for c in 0..n as u128 / 2 / 300 {
                let v: Vec<_> = (c * 300..c * 300 + 300)
                    .map(|i| t(i + w * 7_000_000, Priority::ALL[(i % 3) as usize]))
                    .collect();
                queue.push(&v).await.unwrap();
            }
        });
    }
    let done = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    for w in 0..4 {
        let queue = queue.clone();
        let done = done.clone();
        set.spawn(async move {
            while done.load(std::sync::atomic::Ordering::SeqCst) < n {
                let x = queue
                    .take(&format!("w{w}"), all, Duration::from_millis(100))
                    .await
                    .unwrap();
                done.fetch_add(x.tickets.len(), std::sync::atomic::Ordering::SeqCst);
                let c: Vec<_> = x.tickets.into_iter().map(|i| i.claim).collect();
                queue.settle(&c).await.unwrap();
            }
        });
    }
    set.join_all().await;
    println!(
        "together {n} in {:?} = {:.0}/s",
        at.elapsed(),
        n as f64 / at.elapsed().as_secs_f64()
    );
    info("together");
    // latency
    let mut lat = Vec::new();
    for i in 0..500u128 {
        let q2 = queue.clone();
        let h = tokio::spawn(async move {
            let x = q2.take("a", all, Duration::from_secs(5)).await.unwrap();
            (Instant::now(), x)
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        let at = Instant::now();
        queue.push(&[t(i, Priority::High)]).await.unwrap();
        let (e, x) = h.await.unwrap();
        lat.push(e - at);
        queue.settle(&[x.tickets[0].claim.clone()]).await.unwrap();
    }
    lat.sort();
    println!("wake p50 {:?} p99 {:?}", lat[250], lat[495]);
    // 1000/s singles
    info("before singles");
    let at = Instant::now();
    let total = 5000;
    let mut lat = Vec::new();
    let q2 = queue.clone();
    let taker = tokio::spawn(async move {
        let mut ends = Vec::new();
        while ends.len() < total {
            let x = q2.take("a", all, Duration::from_secs(5)).await.unwrap();
            for it in &x.tickets {
                ends.push((it.ticket.job, Instant::now()));
            }
            let c: Vec<_> = x.tickets.into_iter().map(|i| i.claim).collect();
            let q3 = q2.clone();
            tokio::spawn(async move { q3.settle(&c).await.unwrap() });
        }
        ends
    });
    let mut starts = std::collections::HashMap::new();
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    for i in 0..total as u128 {
        tick.tick().await;
        let k = t(i, Priority::Normal);
        starts.insert(k.job, Instant::now());
        queue.push(&[k]).await.unwrap();
    }
    let ends = taker.await.unwrap();
    for (j, e) in ends {
        lat.push(e - starts[&j]);
    }
    lat.sort();
    println!(
        "singles {:?} p50 {:?} p99 {:?} max {:?}",
        at.elapsed(),
        lat[total / 2],
        lat[total * 99 / 100],
        lat[total - 1]
    );
    info("singles");
    // delayed 200k
    let due = belfry::domain::timestamp::Timestamp::from_millis(
        belfry::domain::timestamp::Timestamp::now().as_millis() + 3_600_000,
    );
    for c in 0..400u128 {
        let v: Vec<_> = (c * 500..c * 500 + 500)
            .map(|i| Ticket {
                due: Some(due),
                ..t(i, Priority::Normal)
            })
            .collect();
        queue.push(&v).await.unwrap();
    }
    info("200k delayed");
}
