//! Reports from the outbox to a center in a process of its own that verifies and signs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use green_channel::case::{Actor, Command, Role};
use green_channel::center::{HttpCenter, HttpCenterConfig};
use green_channel::channel::{Delivery, OutboxLimits, SystemClock, SystemEntropy};
use green_channel::ids::Pseudonym;

use crate::http::per_second;
use crate::server::Process;
use crate::table::{Plan, Table};
use crate::world::{Engine, World};

/// As many as the server runs, with as many reports each.
const LOOPS: u32 = 4;
const EACH: u32 = 16;

/// Measures deliveries over a store that holds what it holds.
pub(crate) async fn measure(world: &World, label: &str, plan: &Plan, table: &mut Table) {
    let engine = world.engine().await;
    let keys = world.data.join("merchant.json");
    let published = engine.public_keys().to_jwks().to_string();
    std::fs::write(&keys, published).expect("the key file writes");
    let keys = keys.to_str().expect("a path of ours");
    let (process, address) = Process::role(&["center-server", "12315", keys]);
    let center = Arc::new(center(&engine, world, &format!("http://{address}")));
    // What earlier rounds left to be told.
    drain(&engine, &center).await;
    for _ in 0..plan.rounds {
        let count = plan.count(2_000);
        accept(&engine, world, count).await;
        let began = Instant::now();
        let mut loops = Vec::new();
        for _ in 0..LOOPS {
            let (engine, center) = (engine.clone(), Arc::clone(&center));
            loops.push(tokio::spawn(async move { drain(&engine, &center).await }));
        }
        let mut delivered = 0;
        for each in loops {
            delivered += each.await.expect("a loop does not panic");
        }
        assert_eq!(delivered, count, "every report was delivered");
        let rate = per_second(count, began.elapsed().as_secs_f64());
        table.add(&format!("{label}: reports delivered"), "/s", rate);
    }
    drop(process);
    engine.store().close().await.expect("the store closes");
}

fn center(engine: &Engine, world: &World, api_url: &str) -> HttpCenter {
    let config = HttpCenterConfig {
        api_url: api_url.to_owned(),
        issuer: world.center.issuer().to_owned(),
        merchant: engine.host().base_url.clone(),
        key: engine.request_key().clone(),
        timeout: Duration::from_secs(15),
    };
    HttpCenter::new(config, Arc::new(SystemClock), Arc::new(SystemEntropy)).expect("a client")
}

/// Diverts and accepts: one report each.
async fn accept(engine: &Engine, world: &World, count: usize) {
    let clerk = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([1; 16]) };
    for round in world.bodies(count).chunks(64) {
        let mut tasks = Vec::new();
        for (_, body) in round {
            let (engine, body) = (engine.clone(), body.clone());
            tasks.push(tokio::spawn(async move {
                let case = engine.divert(None, &body).await.expect("it is taken").case;
                let done = engine.act(case, clerk, &Command::Accept, None).await;
                done.expect("a received case is accepted");
            }));
        }
        for task in tasks {
            task.await.expect("an act does not panic");
        }
    }
}

/// Delivers until nothing is due.
async fn drain(engine: &Engine, center: &HttpCenter) -> usize {
    let limits = OutboxLimits { parallel: EACH, ..OutboxLimits::default() };
    let mut delivered = 0;
    loop {
        let sent = engine.deliver_due(center, &limits).await.expect("the store answers");
        if sent.is_empty() {
            return delivered;
        }
        for (report, outcome) in sent {
            assert_eq!(outcome, Delivery::Delivered, "{report}");
            delivered += 1;
        }
    }
}
