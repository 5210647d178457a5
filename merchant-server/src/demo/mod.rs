//! `demo`: the whole channel on one machine. A temporary folder, a simulated center with its own
//! keys over real HTTP, complaints from the corpus, simulated clerks who use the same API as
//! everybody. `--once` plays the script to its end and exits 0 only if every expectation held.

mod clerk;
mod expect;
mod fund;
mod journeys;
mod lifecycle;
mod narrate;
mod stage;
mod traffic;

use std::process::ExitCode;
use std::time::Duration;

use self::expect::Expectations;
use self::stage::Stage;
use crate::cli::{CliError, DemoArgs};
use crate::logging::say;

/// Plays the demo.
pub(crate) async fn run(args: &DemoArgs) -> Result<ExitCode, CliError> {
    let mut stage = Stage::set(args).await?;
    let mut expectations = Expectations::default();
    narrate::opening(&stage);
    journeys::play(&mut stage, &mut expectations).await;
    stage.check_center(&mut expectations).await;
    if !args.once {
        run_on(&mut stage).await?;
    }
    stage.check_log(&mut expectations).await;
    let code = expectations.tell();
    stage.strike().await?;
    Ok(code)
}

/// Goes on until Ctrl-C: new complaints come in, and simulated clerks work on some of them.
async fn run_on(stage: &mut Stage) -> Result<(), CliError> {
    narrate::invitation(stage);
    let mut pace = tokio::time::interval(Duration::from_secs(4));
    // One listener for the whole time: a Ctrl-C that comes in the middle of a beat is not missed.
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            done = &mut interrupted => {
                done?;
                say("");
                say("收到 Ctrl-C，停止演示并核验存证……");
                return Ok(());
            }
            _ = pace.tick() => traffic::next(stage).await,
        }
    }
}
