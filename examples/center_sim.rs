//! A simulated 12315 center to develop against: it diverts a complaint of the corpus every few
//! seconds to a merchant that runs already, and takes the merchant's reports.
//!
//! ```text
//! cargo run -p green-channel-examples --bin center-sim -- keys center-jwks.json
//! merchant-server init --data data --center-issuer https://12315.sim.example \
//!     --center-url http://127.0.0.1:8400 --center-jwks center-jwks.json
//! merchant-server serve --data data &
//! cargo run -p green-channel-examples --bin center-sim -- run http://127.0.0.1:8315
//! ```

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use green_channel::channel::SystemClock;
use green_channel::protocol::KeySet;
use green_channel::testkit::corpus::corpus;
use green_channel::testkit::{SeededEntropy, SimCenter, SimCenterConfig};
use green_channel::time::Clock;

type Error = Box<dyn std::error::Error + Send + Sync>;

const ISSUER: &str = "https://12315.sim.example";
const USCC: &str = "91000000000000000K";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["keys", file] => {
            let keys = center("http://127.0.0.1:8315")?.keys().to_jwks();
            std::fs::write(file, keys.to_string())?;
            say(&format!("the center's public keys are in {file}"))
        }
        ["run", merchant] => run(merchant).await,
        _ => say("use: center-sim keys FILE | center-sim run http://127.0.0.1:8315"),
    }
}

/// The same keys every time, so that a merchant can pin them. Never for real use.
fn center(merchant: &str) -> Result<SimCenter, Error> {
    let config = SimCenterConfig {
        issuer: ISSUER.to_owned(),
        merchant_url: merchant.to_owned(),
        merchant_address: merchant.to_owned(),
        merchant_uscc: USCC.to_owned(),
    };
    Ok(SimCenter::new(config, Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)))?)
}

async fn run(merchant: &str) -> Result<(), Error> {
    let center = center(merchant)?;
    let client = green_channel::center::http_client(Duration::from_secs(5))?;
    let jwks = client.get(format!("{merchant}/.well-known/jwks.json")).send().await?;
    center.know(KeySet::from_jwks(&jwks.bytes().await?)?);
    let address = center.serve(SocketAddr::from(([127, 0, 0, 1], 8400))).await?;
    say(&format!("the center listens on http://{address}; Ctrl-C ends it"))?;
    for (seed, case) in (0_u64..).zip(corpus().iter().cycle()) {
        let now = SystemClock.now();
        let no = format!("SIM{}-{seed}", now.as_millis());
        let consent = center.consent(&no);
        let complaint = case.to_complaint(seed, &no, now, USCC, "示例商场", &consent);
        match center.divert(&complaint).await {
            Ok((status, _)) => {
                say(&format!("{no}: {status}, {} reports so far", center.reports().len()))?
            }
            Err(error) => say(&format!("{no}: {error}"))?,
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
    Ok(())
}

fn say(line: &str) -> Result<(), Error> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
