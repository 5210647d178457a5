//! The benchmark: ours and the limit of the machine beside it, in one run, as ratios. It judges no
//! test: it prints what it found, what was reached and what was not.

#![expect(clippy::float_arithmetic, reason = "figures are measured, not money")]

mod bundle;
mod disk;
mod embedded;
mod http;
mod limits;
mod log;
mod operations;
mod outbox;
mod server;
mod table;
mod world;

use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::limits::echo;
use crate::table::Table;

/// How many events the large bundle has.
const EVENTS: u64 = 1_000_000;

/// Measures ours beside the machine's limits; prints a table of ratios and writes JSON.
#[derive(Parser)]
struct Cli {
    /// Smaller numbers everywhere: minutes instead of half an hour, and less to be trusted.
    #[arg(long)]
    quick: bool,
    /// How many rounds each figure is the median of.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The numbers of stored cases to measure at, smaller first.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000])]
    sizes: Vec<u64>,
    /// The engines.
    #[arg(long, value_delimiter = ',', default_values_t = ["sqlite".to_owned(), "postgres".to_owned()])]
    engines: Vec<String>,
    /// Where the raw figures go.
    #[arg(long, default_value = "target/bench.json")]
    json: PathBuf,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What the benchmark starts of itself, processes of their own as in the world; and one part of it.
#[derive(Subcommand)]
enum Role {
    /// Answers every JSON body with itself.
    EchoServer,
    /// Only signed intakes into a fresh store: something to hold a profiler to.
    Intake {
        /// The engine.
        engine: String,
        /// How many.
        count: usize,
        /// How many at a time.
        tasks: usize,
        /// Over HTTP instead, into a server of its own.
        #[arg(long)]
        http: bool,
    },
    /// Only the bundle, of so many events.
    Bundle {
        /// How many.
        #[arg(default_value_t = EVENTS)]
        events: u64,
    },
    /// Reads, hashes and parses the entries of a bundle, as generically as can be.
    ReadHashParse {
        /// The bundle.
        folder: PathBuf,
    },
    /// A center that takes reports and signs receipts.
    CenterServer {
        /// The seed of its keys.
        seed: u64,
        /// The merchant's keys (JWKS).
        keys: PathBuf,
    },
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let cli = Cli::parse();
    let mut table = Table::default();
    match cli.role {
        Some(Role::EchoServer) => return echo::serve().await,
        Some(Role::CenterServer { seed, keys }) => return world::serve_center(seed, &keys).await,
        Some(Role::Intake { engine, count, tasks, http }) => {
            operations::only_intake(&engine, count, tasks, http).await;
            return Ok(());
        }
        Some(Role::ReadHashParse { folder }) => {
            bundle::read_hash_parse(&folder);
            return Ok(());
        }
        Some(Role::Bundle { events }) => {
            let plan = table::Plan::new(cli.quick, cli.rounds, cli.sizes);
            bundle::measure(&plan, events, &mut table).await;
            return finish(table, &[], &cli.json);
        }
        None => {}
    }
    let plan = table::Plan::new(cli.quick, cli.rounds, cli.sizes);
    bundle::measure(&plan, EVENTS, &mut table).await;
    limits::machine(&plan, &mut table);
    disk::per_closed_case(&plan, &mut table).await;
    log::trees(&plan, &mut table);
    for engine in &cli.engines {
        operations::measure(engine, &plan, &mut table).await;
    }
    finish(table, &cli.engines, &cli.json)
}

/// The ratios and the raw figures.
fn finish(mut table: Table, engines: &[String], json: &std::path::Path) -> std::io::Result<()> {
    table.ratios(engines);
    say(&table.render());
    table.write(json)?;
    say(&format!("raw figures: {}", json.display()));
    Ok(())
}

/// Says a line.
fn say(text: &str) {
    // Nobody to tell when the terminal is gone.
    let _ = writeln!(std::io::stdout(), "{text}");
}
