//! Structured logs of the running server, and the few words a command says to its operator.
//! Neither ever holds personal data: what is logged are ids, codes and counts.

use std::io::Write;

use tracing_subscriber::filter::LevelFilter;

use crate::config::{Format, Level, Log};

/// Starts logging to standard error. A second call changes nothing.
pub(crate) fn start(log: &Log) {
    let level = match log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let started = match log.format {
        Format::Json => builder.json().flatten_event(true).try_init(),
        Format::Text => builder.try_init(),
    };
    // Already started: a demo and its server share one process.
    drop(started);
}

/// Says a line to the operator on standard output.
pub(crate) fn say(line: &str) {
    // A closed pipe is no reason to fail: whoever closed it has read enough.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Says what an operator should know beside what was asked for: on standard error, so that who reads
/// standard output gets that alone.
pub(crate) fn say_beside(line: &str) {
    let _ = writeln!(std::io::stderr(), "注意：{line}");
}

/// Says why a command failed on standard error.
pub(crate) fn say_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "错误：{line}");
}
