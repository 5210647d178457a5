//! The engine inside this process: what a platform that embeds the SDK gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::http::{Load, each, per_second};
use crate::server::own_cpu_millis;
use crate::world::{Engine, INTAKE, World};

/// Diverts bodies without a token, so many at a time: for filling.
pub(crate) async fn intake(engine: &Engine, bodies: Vec<(String, Vec<u8>)>, tasks: usize) {
    let plain = bodies.into_iter().map(|(_, body)| (String::new(), body)).collect();
    run(engine, plain, tasks).await;
}

/// Verifies tokens and diverts, so many at a time.
pub(crate) async fn signed_intake(
    engine: &Engine,
    world: &World,
    count: usize,
    tasks: usize,
) -> Load {
    let signed = world
        .bodies(count)
        .into_iter()
        .map(|(_, body)| (format!("Bearer {}", world.center.token("POST", INTAKE, &body)), body));
    run(engine, signed.collect(), tasks).await
}

async fn run(engine: &Engine, bodies: Vec<(String, Vec<u8>)>, tasks: usize) -> Load {
    let count = bodies.len();
    let (bodies, next) = (Arc::new(bodies), Arc::new(AtomicUsize::new(0)));
    let (began, before) = (Instant::now(), own_cpu_millis());
    let mut running = Vec::with_capacity(tasks);
    for _ in 0..tasks {
        let (engine, bodies, next) = (engine.clone(), Arc::clone(&bodies), Arc::clone(&next));
        running.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            while let Some((token, body)) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                latencies.push(one(&engine, token, body).await);
            }
            latencies
        }));
    }
    let mut latencies = Vec::with_capacity(count);
    for task in running {
        latencies.extend(task.await.expect("the load does not panic"));
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu_millis = each(own_cpu_millis() - before, count);
    Load { per_second: per_second(count, seconds), latencies, cpu_millis }
}

async fn one(engine: &Engine, token: &str, body: &[u8]) -> Duration {
    let began = Instant::now();
    let caller = match token {
        "" => None,
        token => {
            let caller = engine.authenticate(Some(token), "POST", INTAKE, body);
            Some(caller.expect("the center's own token"))
        }
    };
    let taken = engine.divert(caller.as_ref(), body).await.expect("it is taken");
    assert!(taken.created, "every complaint is new");
    began.elapsed()
}
