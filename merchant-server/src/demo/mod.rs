//! stub
use std::process::ExitCode;
pub(crate) async fn run(_: &crate::cli::DemoArgs) -> Result<ExitCode, crate::cli::CliError> { Ok(ExitCode::SUCCESS) }
