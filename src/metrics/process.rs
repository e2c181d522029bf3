//! The process itself, as the system and its runtime see it. Elsewhere than on Linux the system's part stays at zero.

use std::{
    fs,
    sync::atomic::AtomicU64,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::runtime::Handle;

use super::catalog::Catalog;

/// Ticks in a second, as Linux counts processor time for programs; the same on every machine that Belfry is built for.
const TICKS: f64 = 100.0;

type Seconds = Counter<f64, AtomicU64>;

/// The process. The names are those that Prometheus's own libraries use.
#[derive(Debug)]
pub(super) struct ProcessFigures {
    cpu: Seconds,
    resident: Gauge,
    virtual_bytes: Gauge,
    threads: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
    listen_overflows: Counter,
    tasks: Gauge,
    queued_tasks: Gauge,
    workers: Gauge,
    busy: Seconds,
    /// One reading at a time, for what is counted goes by the one before.
    reading: Mutex<()>,
}

impl ProcessFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        let mut add = |name: &str, help| catalog.add_as(name.into(), &[], help, Gauge::default());
        let started: Gauge = add(
            "process_start_time_seconds",
            "When the process was started, in seconds since 1970",
        );
        started.set(started_at().as_secs() as i64);
        let resident = add("process_resident_memory_bytes", "Memory that is in use");
        let virtual_bytes = add("process_virtual_memory_bytes", "Memory that is reserved");
        let threads = add("process_threads", "Threads of the system");
        let open_fds = add("process_open_fds", "Descriptors that are open");
        let max_fds: Gauge = add("process_max_fds", "Descriptors that may be open");
        max_fds.set(descriptors_max().unwrap_or(0));
        let cpu = catalog.add_as(
            "process_cpu_seconds".into(),
            &[],
            "Processor time, the system's part included",
            Seconds::default(),
        );
        Self {
            cpu,
            resident,
            virtual_bytes,
            threads,
            open_fds,
            max_fds,
            listen_overflows: catalog.add(
                "listen_overflows",
                &[],
                "Connections that the system turned away because too many waited to be accepted, of all processes in this network namespace",
                Counter::default(),
            ),
            tasks: catalog.add("runtime_tasks", &[], "Tasks that are alive", Gauge::default()),
            queued_tasks: catalog.add(
                "runtime_queued_tasks",
                &[],
                "Tasks that wait in the queue that all threads share",
                Gauge::default(),
            ),
            workers: catalog.add(
                "runtime_workers",
                &[],
                "Threads that run tasks",
                Gauge::default(),
            ),
            busy: catalog.add(
                "runtime_busy_seconds",
                &[],
                "Time that those threads were busy, all together",
                Seconds::default(),
            ),
            reading: Mutex::default(),
        }
    }

    /// What is cheap to know; before each scrape.
    pub(super) fn read(&self) {
        let _one = self.reading.lock();
        if let Some(stat) = Stat::read() {
            raise(&self.cpu, stat.cpu);
            self.threads.set(stat.threads);
            self.virtual_bytes.set(stat.virtual_bytes);
        }
        if let Some(resident) = resident_bytes() {
            self.resident.set(resident);
        }
        if let Some(overflows) = listen_overflows() {
            let known = self.listen_overflows.get();
            self.listen_overflows
                .inc_by(overflows.saturating_sub(known));
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let runtime = runtime.metrics();
        let workers = runtime.num_workers();
        self.workers.set(workers as i64);
        self.tasks.set(runtime.num_alive_tasks() as i64);
        self.queued_tasks.set(runtime.global_queue_depth() as i64);
        let busy: Duration = (0..workers)
            .map(|worker| runtime.worker_total_busy_duration(worker))
            .sum();
        raise(&self.busy, busy.as_secs_f64());
    }

    /// Counts descriptors, which takes a few milliseconds where there are many and the system is old. Blocks.
    pub(super) fn count_descriptors(&self) {
        if let Some(open) = open_descriptors() {
            self.open_fds.set(open);
        }
        if let Some(max) = descriptors_max() {
            self.max_fds.set(max);
        }
    }
}

/// Brings a counter to where it stands.
fn raise(counter: &Seconds, to: f64) {
    counter.inc_by((to - counter.get()).max(0.0));
}

/// `/proc/self/stat`, as far as it is of use.
struct Stat {
    cpu: f64,
    threads: i64,
    started: f64,
    virtual_bytes: i64,
}

impl Stat {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        // The name, in parentheses, may have spaces in it.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // Counted from the state, which `man 5 proc` has as the third.
        let number = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu: (number(14)? + number(15)?) / TICKS,
            threads: number(20)? as i64,
            started: number(22)? / TICKS,
            virtual_bytes: number(23)? as i64,
        })
    }
}

fn started_at() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let age = || {
        let uptime = fs::read_to_string("/proc/uptime").ok()?;
        let uptime: f64 = uptime.split_ascii_whitespace().next()?.parse().ok()?;
        Duration::try_from_secs_f64(uptime - Stat::read()?.started).ok()
    };
    now.saturating_sub(age().unwrap_or_default())
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn descriptors_max() -> Option<i64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find_map(|it| it.strip_prefix("Max open files"))?;
    let soft = line.split_ascii_whitespace().next()?;
    Some(soft.parse().unwrap_or(i64::MAX))
}

fn open_descriptors() -> Option<i64> {
    // Since Linux 6.2 the directory says how many there are; before, it has no size.
    let said = fs::metadata("/proc/self/fd").ok()?.len();
    if said > 0 {
        return i64::try_from(said).ok();
    }
    // One of them is that of the directory.
    let listed = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(listed.saturating_sub(1) as i64)
}

fn listen_overflows() -> Option<u64> {
    let text = fs::read_to_string("/proc/net/netstat").ok()?;
    let mut lines = text.lines().filter_map(|it| it.strip_prefix("TcpExt: "));
    let (names, values) = (lines.next()?, lines.next()?);
    let mut pairs = names.split(' ').zip(values.split(' '));
    let (_, value) = pairs.find(|(name, _)| *name == "ListenOverflows")?;
    value.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_process_knows_itself() {
        let figures = ProcessFigures::of(&mut Catalog::default());
        let file = fs::File::open("/proc/self/stat").unwrap();
        figures.read();
        figures.count_descriptors();
        assert!(figures.resident.get() > 1_000_000);
        assert!(figures.virtual_bytes.get() > figures.resident.get());
        assert!(figures.threads.get() >= 1);
        assert!((3..figures.max_fds.get()).contains(&figures.open_fds.get()));
        let since = UNIX_EPOCH + started_at();
        let age = SystemTime::now().duration_since(since).unwrap_or_default();
        assert!(age < Duration::from_secs(24 * 60 * 60), "{age:?}");
        drop(file);
    }

    #[test]
    fn what_is_counted_never_falls() {
        let counter = Seconds::default();
        raise(&counter, 2.5);
        raise(&counter, 2.0);
        raise(&counter, 3.0);
        assert_eq!(counter.get(), 3.0);
    }
}
