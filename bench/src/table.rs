//! Figures, their medians, the ratios between them, and how they are shown. It measures nothing.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::say;

/// How much is measured.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) sizes: Vec<u64>,
    quick: bool,
}

impl Plan {
    pub(crate) fn new(quick: bool, rounds: usize, sizes: Vec<u64>) -> Self {
        let sizes = if quick { vec![1_000, 10_000] } else { sizes };
        Self { rounds: rounds.max(1), sizes, quick }
    }

    /// So many of something, or a fifth of it when it must be quick.
    pub(crate) fn count(&self, many: usize) -> usize {
        if self.quick { many / 5 } else { many }
    }
}

/// A figure with every round it was measured in.
#[derive(Clone, Debug, Serialize)]
struct Figure {
    unit: &'static str,
    rounds: Vec<f64>,
    median: f64,
}

#[derive(Serialize)]
struct Ratio {
    measure: String,
    ours: f64,
    limit: Option<f64>,
    ratio: f64,
    goal: String,
    met: bool,
}

/// Everything that was measured.
#[derive(Default, Serialize)]
pub(crate) struct Table {
    figures: BTreeMap<String, Figure>,
    ratios: Vec<Ratio>,
}

/// The middle of what was measured.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}

/// The latency that so many percent stay under, in milliseconds.
pub(crate) fn percentile(latencies: &mut [Duration], percent: usize) -> f64 {
    latencies.sort_unstable();
    let place = (latencies.len() * percent / 100).min(latencies.len().saturating_sub(1));
    latencies.get(place).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
}

impl Table {
    /// Adds one round of a figure.
    pub(crate) fn add(&mut self, name: &str, unit: &'static str, value: f64) {
        let empty = Figure { unit, rounds: Vec::new(), median: f64::NAN };
        let figure = self.figures.entry(name.to_owned()).or_insert(empty);
        figure.rounds.push(value);
        figure.median = median(&figure.rounds);
        say(&format!("  {name}: {value:.3} {unit}"));
    }

    fn get(&self, name: &str) -> Option<f64> {
        self.figures.get(name).map(|figure| figure.median)
    }

    /// A ratio that must be at least the goal.
    fn at_least(&mut self, measure: &str, ours: &str, limit: &str, goal: f64) {
        if let (Some(a), Some(b)) = (self.get(ours), self.get(limit)) {
            let (ratio, met) = (a / b, a / b >= goal);
            let goal = format!(">= {goal}");
            let measure = measure.to_owned();
            self.ratios.push(Ratio { measure, ours: a, limit: Some(b), ratio, goal, met });
        }
    }

    /// A ratio that must be at most the goal.
    fn at_most(&mut self, measure: &str, ours: &str, limit: &str, goal: f64) {
        if let (Some(a), Some(b)) = (self.get(ours), self.get(limit)) {
            let (ratio, met) = (a / b, a / b <= goal);
            let goal = format!("<= {goal}");
            let measure = measure.to_owned();
            self.ratios.push(Ratio { measure, ours: a, limit: Some(b), ratio, goal, met });
        }
    }

    /// A figure that must stay under a number of its own unit.
    fn under(&mut self, measure: &str, ours: &str, goal: f64) {
        if let Some(a) = self.get(ours) {
            let (unit, measure) = (self.figures[ours].unit, measure.to_owned());
            let (goal, met) = (format!("<= {goal} {unit}"), a <= goal);
            self.ratios.push(Ratio { measure, ours: a, limit: None, ratio: a, goal, met });
        }
    }

    /// Checking a bundle beside the least that must be done with it.
    fn bundle(&mut self) {
        self.at_most(
            "bundle verified / read, hashed and parsed on one thread",
            "bundle verified",
            "limit: bundle read, hashed, parsed",
            1.5,
        );
        self.under("bundle verified, memory", "bundle verified, memory", 256.0);
        self.at_least(
            "ledger entries checked / hledger check of the same journal",
            "ledger entries checked",
            "limit: hledger check of the same journal",
            20.0,
        );
    }

    /// The goals of the project, over what was measured.
    pub(crate) fn ratios(&mut self, engines: &[String]) {
        let rows = "limit: raw SQLite rows, 200 a transaction";
        let small = self.small();
        let http = |engine: &str, connections| {
            format!("{engine} {small}: HTTP intake, {connections} connections")
        };
        self.at_least(
            "HTTP intake, SQLite, 64 connections / raw group-committed rows",
            &http("sqlite", 64),
            rows,
            0.35,
        );
        self.bundle();
        let embedded = format!("sqlite {small}: SDK intake, 64 tasks");
        self.at_least("SDK intake, SQLite, 64 tasks / the same rows", &embedded, rows, 0.55);
        self.at_least(
            "HTTP intake, PostgreSQL, 64 connections / raw single-row commits, 64 clients",
            &http("postgres", 64),
            "limit: raw PostgreSQL commits, 64 clients",
            1.0,
        );
        self.cpu_budget();
        for engine in engines {
            let measure = format!("CPU per HTTP intake, {engine} / two verifications and an echo");
            let ours = format!("{engine} {small}: CPU per HTTP intake");
            self.at_most(&measure, &ours, "limit: CPU of two verifications and an echo", 2.0);
        }
        self.at_most(
            "intake p50 at 1 connection, SQLite / p50 of one raw commit",
            &format!("sqlite {small}: HTTP intake p50, 1 connection"),
            "limit: raw SQLite commit p50",
            3.0,
        );
        for engine in engines {
            let measure = format!("reports delivered, {engine} / HTTP echo, 64 connections");
            let ours = format!("{engine} {small}: reports delivered");
            self.at_least(&measure, &ours, "limit: HTTP echo, 64 connections", 0.3);
        }
        self.growth();
        self.own_goals(engines);
    }

    /// The smallest size that was measured, as figures name it.
    fn small(&self) -> String {
        let sizes = self.figures.keys().filter_map(|name| {
            let (front, _) = name.split_once(": HTTP intake, 64")?;
            front.split_once(' ')?.1.parse::<u64>().ok()
        });
        sizes.min().map(|size| size.to_string()).unwrap_or_default()
    }

    fn cpu_budget(&mut self) {
        let verify = self.get("limit: signature verifications per core");
        let echo = self.get("limit: CPU of an HTTP echo");
        if let (Some(verify), Some(echo)) = (verify, echo) {
            let budget = 2.0 * 1e3 / verify + echo;
            self.add("limit: CPU of two verifications and an echo", "ms", budget);
        }
    }

    /// Every operation at the larger size over the same at the smaller.
    fn growth(&mut self) {
        let mut by_operation: BTreeMap<(String, String), BTreeMap<u64, String>> = BTreeMap::new();
        for name in self.figures.keys().filter(|name| name.contains(" p50")) {
            let Some((front, operation)) = name.split_once(": ") else { continue };
            let Some((engine, size)) = front.split_once(' ') else { continue };
            let Ok(size) = size.parse() else { continue };
            let key = (engine.to_owned(), operation.to_owned());
            by_operation.entry(key).or_default().insert(size, name.clone());
        }
        for ((engine, operation), sizes) in by_operation {
            let (Some(first), Some(last)) = (sizes.first_key_value(), sizes.last_key_value())
            else {
                continue;
            };
            if first.0 < last.0 {
                let measure = format!("{operation}, {engine}: {} cases / {}", last.0, first.0);
                self.at_most(&measure, last.1, first.1, 1.2);
            }
        }
    }

    fn own_goals(&mut self, engines: &[String]) {
        for engine in engines {
            let of = |what: &str| -> Vec<String> {
                let end = format!(": {what}");
                let own = |name: &&String| name.starts_with(engine) && name.ends_with(&end);
                self.figures.keys().filter(own).cloned().collect()
            };
            let (empty, starts) = (of("cold start, empty"), of("cold start"));
            let (idle, load, after) =
                (of("memory, idle"), of("memory, 64 connections"), of("memory, store just opened"));
            for (names, goal) in
                [(empty, 150.0), (starts, 300.0), (idle, 40.0), (load, 120.0), (after, 120.0)]
            {
                for name in names {
                    self.under(&name.clone(), &name, goal);
                }
            }
        }
        let disk = "disk per closed case of the corpus";
        self.under(disk, disk, 8.0);
    }

    /// The figures and the ratios, for people.
    pub(crate) fn render(&self) -> String {
        let mut text =
            String::from("\n| figure | median | unit | rounds |\n| --- | --- | --- | --- |\n");
        for (name, figure) in &self.figures {
            let (median, unit, rounds) = (figure.median, figure.unit, figure.rounds.len());
            let _ = writeln!(text, "| {name} | {} | {unit} | {rounds} |", short(median));
        }
        text.push_str("\n| measure | ours | limit | ratio | goal | |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- |\n");
        for row in &self.ratios {
            let limit = row.limit.map(short).unwrap_or_default();
            let ratio = row.limit.map(|_| short(row.ratio)).unwrap_or_default();
            let met = if row.met { "met" } else { "missed" };
            let (measure, ours, goal) = (&row.measure, short(row.ours), &row.goal);
            let _ = writeln!(text, "| {measure} | {ours} | {limit} | {ratio} | {goal} | {met} |");
        }
        text
    }

    /// Writes every round as JSON.
    pub(crate) fn write(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, serde_json::to_vec_pretty(self)?)
    }
}

fn short(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}
