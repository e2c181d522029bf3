//! CPU time and memory of other processes, from the system's own accounting in `/proc`.

use std::collections::HashMap;
use std::fs;

/// `/proc` counts in hundredths of a second on every Linux that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU seconds used up to one moment.
#[derive(Clone, Copy, Default)]
pub struct Cpu {
    /// The processes given by `--pid`, with all their descendants.
    pub server: f64,
    /// The processes given by `--store-pid`, with all their descendants.
    pub store: f64,
    /// This program.
    pub load: f64,
    /// All processes of the machine.
    pub machine: f64,
    /// Taken by the hypervisor for others.
    pub stolen: f64,
}

impl Cpu {
    /// Reads the clock of everything at once. Processes that are gone count as zero.
    pub fn now(server: &[u32], store: &[u32]) -> Cpu {
        let table = processes();
        let (machine, stolen) = machine();
        Cpu {
            server: tree_seconds(&table, server),
            store: tree_seconds(&table, store),
            load: tree_seconds(&table, &[std::process::id()]),
            machine,
            stolen,
        }
    }

    /// What was used since `earlier`.
    pub fn since(self, earlier: Cpu) -> Cpu {
        Cpu {
            server: self.server - earlier.server,
            store: self.store - earlier.store,
            load: self.load - earlier.load,
            machine: self.machine - earlier.machine,
            stolen: self.stolen - earlier.stolen,
        }
    }

    /// What processes outside the benchmark used: the noise of the measurement.
    pub fn others(&self) -> f64 {
        (self.machine - self.server - self.store - self.load).max(0.0)
    }
}

/// The sum of the highest resident memory that each of these processes and their descendants ever had, in MiB.
pub fn peak_rss_mib(pids: &[u32]) -> f64 {
    memory_kib(pids, "VmHWM:") / 1024.0
}

/// The sum of what these processes and their descendants have resident now, in KiB.
pub fn rss_kib(pids: &[u32]) -> f64 {
    memory_kib(pids, "VmRSS:")
}

fn memory_kib(pids: &[u32], field: &str) -> f64 {
    let table = processes();
    tree(&table, pids)
        .iter()
        .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
        .filter_map(|status| {
            let line = status.lines().find(|line| line.starts_with(field))?;
            line.split_ascii_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .fold(0.0, |sum, kib| sum + kib)
}

struct Process {
    parent: u32,
    /// Its own ticks, and those of children that it has waited for.
    ticks: u64,
}

fn processes() -> HashMap<u32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The command's name may hold blanks and brackets; the fields start after its last bracket.
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
            let parent = fields.get(1)?.parse().ok()?;
            let ticks = fields
                .get(11..15)?
                .iter()
                .filter_map(|ticks| ticks.parse::<u64>().ok())
                .sum();
            Some((pid, Process { parent, ticks }))
        })
        .collect()
}

fn tree(table: &HashMap<u32, Process>, roots: &[u32]) -> Vec<u32> {
    let mut found: Vec<u32> = roots
        .iter()
        .copied()
        .filter(|pid| table.contains_key(pid))
        .collect();
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        next += 1;
        let children = table
            .iter()
            .filter(|(_, process)| process.parent == parent)
            .map(|(pid, _)| *pid);
        let new: Vec<u32> = children.filter(|pid| !found.contains(pid)).collect();
        found.extend(new);
    }
    found
}

fn tree_seconds(table: &HashMap<u32, Process>, roots: &[u32]) -> f64 {
    tree(table, roots)
        .iter()
        .filter_map(|pid| table.get(pid))
        .map(|p| p.ticks as f64)
        .sum::<f64>()
        / TICKS_PER_SECOND
}

/// CPU seconds in processes, and stolen ones, of the whole machine.
fn machine() -> (f64, f64) {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line
        .split_ascii_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    let processes = ticks.iter().take(3).sum::<f64>();
    (
        processes / TICKS_PER_SECOND,
        ticks.get(7).copied().unwrap_or(0.0) / TICKS_PER_SECOND,
    )
}
