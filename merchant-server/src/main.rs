//! `merchant-server`: the reference server of the 12315 green channel. This file only starts what
//! the command line asks for.

// Amounts are integers everywhere.
#![deny(clippy::float_arithmetic)]

mod api;
mod app;
mod auth;
mod backup;
mod calendars;
mod cli;
mod config;
mod console;
mod data_folder;
mod demo;
mod doctor;
mod door;
mod erased;
mod export;
mod fsck;
mod limit;
mod logging;
mod metrics;
mod moving;
mod restore;
mod rule_sets;
#[cfg(test)]
mod scratch;
mod serve;
mod witnessing;
mod work;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cli.run().await {
        Ok(code) => code,
        Err(error) => {
            logging::say_error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
