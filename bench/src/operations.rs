//! Intake and every other operation over HTTP, with the limits beside them, at each size.

use std::path::{Path, PathBuf};
use std::time::Duration;

use green_channel_tests::Postgres;
use serde_json::{Value, json};

use crate::http::{self, Connection, each, request};
use crate::limits::{echo, postgres, sqlite};
use crate::server::Process;
use crate::table::{Plan, Table, percentile};
use crate::world::{INTAKE, World, held};
use crate::{embedded, log, outbox, say};

/// One server for all databases of a run: durable, as its package sets it up.
pub(crate) fn server() -> &'static Postgres {
    static SERVER: std::sync::OnceLock<Postgres> = std::sync::OnceLock::new();
    SERVER.get_or_init(Postgres::start_durable)
}

/// A fresh merchant over an engine, in a folder of this name.
pub(crate) fn fresh(engine: &str, name: &str) -> World {
    let data = PathBuf::from("target/bench-store").join(format!("{engine}-{name}"));
    let _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir_all("target/bench-store").expect("a folder for stores");
    match engine {
        "postgres" => World::make(&data, &server().database("bench")),
        _ => World::make(&data, "green-channel.db"),
    }
}

/// Measures an engine at every size.
pub(crate) async fn measure(engine: &str, plan: &Plan, table: &mut Table) {
    for (place, size) in plan.sizes.iter().enumerate() {
        say(&format!("{engine} with {size} cases"));
        let world = stored(engine, *size).await;
        let label = format!("{engine} {size}");
        starts(&world, &label, plan, table).await;
        let limits = place == 0;
        for _ in 0..plan.rounds {
            round(engine, &world, &label, plan, table, limits).await;
        }
        for _ in 0..plan.rounds {
            sdk(&world, &label, plan, table).await;
        }
        log::measure(&world, &label, plan, table).await;
        outbox::measure(&world, &label, plan, table).await;
    }
}

/// A store of this size. A SQLite one is kept for the next run, as long as what the rounds added to
/// it is little beside its size: a small one is always made anew.
async fn stored(engine: &str, size: u64) -> World {
    let kept = Path::new("target/bench-store").join(format!("{engine}-{size}"));
    if engine == "sqlite" && kept.join("filled-2").exists() {
        let world = World::at(&kept, "green-channel.db");
        let engine = world.engine().await;
        let has = held(&engine).await;
        engine.store().close().await.expect("the store closes");
        if has <= size + size / 4 {
            return world;
        }
    }
    let world = fresh(engine, &size.to_string());
    world.fill(size).await;
    std::fs::write(kept.join("filled-2"), b"").expect("a mark");
    world
}

/// Cold starts, and memory before any load.
async fn starts(world: &World, label: &str, plan: &Plan, table: &mut Table) {
    let engine = label.split(' ').next().unwrap_or_default();
    if plan.sizes.first().is_some_and(|size| label.ends_with(&format!(" {size}"))) {
        let empty = fresh(engine, "empty");
        for _ in 0..plan.rounds {
            let (process, took) = Process::serve(&empty.data, empty.address).await;
            table.add(&format!("{engine}: cold start, empty"), "ms", millis(took));
            tokio::time::sleep(Duration::from_millis(500)).await;
            table.add(&format!("{engine}: memory, idle"), "MiB", process.memory_mib());
            process.stop();
        }
    }
    for _ in 0..plan.rounds {
        let (process, took) = Process::serve(&world.data, world.address).await;
        table.add(&format!("{label}: cold start"), "ms", millis(took));
        tokio::time::sleep(Duration::from_millis(500)).await;
        table.add(&format!("{label}: memory, store just opened"), "MiB", process.memory_mib());
        process.stop();
    }
}

fn millis(took: Duration) -> f64 {
    crate::http::each(took.as_secs_f64(), 1) * 1e3
}

/// One round: each limit, then ours beside it.
async fn round(
    engine: &str,
    world: &World,
    label: &str,
    plan: &Plan,
    table: &mut Table,
    limits: bool,
) {
    let (process, _) = Process::serve(&world.data, world.address).await;
    let body = world.bodies(1).remove(0).1;
    let (echo, address) = Process::role(&["echo-server"]);
    let raw = (engine == "postgres" && limits).then(|| server().database("raw"));
    if engine == "sqlite" && limits {
        sqlite::measure(plan, table, body.len());
    }
    let mut acknowledged = 0;
    for (connections, many) in [(1, 500), (16, 3_000), (64, 5_000), (256, 5_000)] {
        if limits {
            echo::measure(address, &echo, plan, table, &body, connections).await;
        }
        if let Some(url) = &raw {
            postgres::measure(url, plan, table, body.len(), connections).await;
        }
        let intakes = world.intakes(plan.count(many));
        acknowledged += intakes.len();
        intake(world, &process, label, table, intakes, connections).await;
    }
    drop(echo);
    reads(world, label, plan, table).await;
    process.stop();
    counts_add_up(world, acknowledged).await;
}

async fn intake(
    world: &World,
    process: &Process,
    label: &str,
    table: &mut Table,
    intakes: Vec<Vec<u8>>,
    connections: usize,
) {
    let (count, before) = (intakes.len(), process.cpu_millis());
    let run = http::load(world.address, intakes, connections, 201);
    let (mut load, peak) = process.peak_while(run).await;
    let cpu = each(process.cpu_millis() - before, count);
    let (many, unit) = (format!("{label}: HTTP intake, {connections} connections"), "/s");
    table.add(&many, unit, load.per_second);
    let plural = if connections == 1 { "connection" } else { "connections" };
    for (percent, name) in [(50, "p50"), (99, "p99")] {
        let name = format!("{label}: HTTP intake {name}, {connections} {plural}");
        table.add(&name, "ms", percentile(&mut load.latencies, percent));
    }
    if connections == 64 {
        table.add(&format!("{label}: CPU per HTTP intake"), "ms", cpu);
        table.add(&format!("{label}: memory, 64 connections"), "MiB", peak);
    }
}

/// Nothing acknowledged may be missing from the store, or the figures are worth nothing.
async fn counts_add_up(world: &World, acknowledged: usize) {
    let engine = world.engine().await;
    let held = held(&engine).await;
    engine.store().close().await.expect("the store closes");
    let least = u64::try_from(acknowledged).expect("few");
    assert!(held >= least, "{held} cases are fewer than {acknowledged} acknowledged");
}

/// The other operations, one connection each: their p50 shows what the number of cases costs.
async fn reads(world: &World, label: &str, plan: &Plan, table: &mut Table) {
    let token = world.clerk_token();
    let mut connection = Connection::open(world.address).await.expect("the server is there");
    let count = plan.count(300);
    let fresh = world.bodies(count);
    for (_, body) in &fresh {
        let divert = request("POST", INTAKE, &world.center.token("POST", INTAKE, body), body);
        let (status, _) = connection.call(&divert).await.expect("it answers");
        assert_eq!(status, 201);
    }
    let page = request("GET", "/api/v1/cases?limit=50&order=due", &token, b"");
    let newest = request("GET", "/api/v1/cases?limit=200", &token, b"");
    let (status, list) = connection.call(&newest).await.expect("it answers");
    assert_eq!(status, 200);
    let list: Value = serde_json::from_slice(&list).expect("JSON");
    let rows: Vec<Value> = list["cases"].as_array().cloned().unwrap_or_default();
    let ids: Vec<String> = rows.iter().map(id).collect();

    let one = |path: String| request("GET", &path, &token, b"");
    let show = ids.iter().map(|id| one(format!("/api/v1/cases/{id}"))).collect();
    let history = ids.iter().map(|id| one(format!("/api/v1/cases/{id}/history"))).collect();
    let track = fresh.iter().map(|(no, _)| {
        let path = format!("{INTAKE}/{no}");
        request("GET", &path, &world.center.token("GET", &path, b""), b"")
    });
    let accept = rows.iter().map(|row| {
        let command = json!({ "action": "accept" });
        let body = json!({ "expected_revision": row["revision"], "command": command });
        let path = format!("/api/v1/cases/{}/actions", id(row));
        request("POST", &path, &token, body.to_string().as_bytes())
    });
    let operations: [(&str, Vec<Vec<u8>>); 6] = [
        ("queue page of 50 by due", vec![page; plan.count(200)]),
        ("show a case", show),
        ("history of a case", history),
        ("track a complaint", track.collect()),
        ("accept a case", accept.collect()),
        ("checkpoint", vec![request("GET", "/log/checkpoint", "", b""); plan.count(300)]),
    ];
    for (name, requests) in operations {
        let mut load = http::load(world.address, requests, 1, 200).await;
        let name = format!("{label}: {name} p50");
        table.add(&name, "ms", percentile(&mut load.latencies, 50));
    }
}

fn id(row: &Value) -> String {
    row["case_id"].as_str().unwrap_or_default().to_owned()
}

/// Only that, into a fresh store.
pub(crate) async fn only_intake(engine: &str, count: usize, tasks: usize, http: bool) {
    let world = fresh(engine, "profile");
    if http {
        let (process, _) = Process::serve(&world.data, world.address).await;
        for _ in 0..3 {
            let (wire, before) = (world.intakes(count), process.cpu_millis());
            let rate = http::load(world.address, wire, tasks, 201).await.per_second;
            let cpu = each(process.cpu_millis() - before, count);
            say(&format!("{engine}: {rate:.0} over HTTP a second, {tasks} open, {cpu:.3} ms CPU"));
        }
        process.stop();
        return;
    }
    let running = world.engine().await;
    for _ in 0..3 {
        let load = embedded::signed_intake(&running, &world, count, tasks).await;
        let (rate, cpu) = (load.per_second, load.cpu_millis);
        say(&format!(
            "{engine}: {rate:.0} signed intakes a second, {tasks} tasks, {cpu:.3} ms CPU"
        ));
    }
    running.store().close().await.expect("the store closes");
}

/// The same intake without HTTP, in this process.
async fn sdk(world: &World, label: &str, plan: &Plan, table: &mut Table) {
    let engine = world.engine().await;
    for (tasks, many) in [(1, 500), (16, 3_000), (64, 5_000), (256, 5_000)] {
        let mut load = embedded::signed_intake(&engine, world, plan.count(many), tasks).await;
        table.add(&format!("{label}: SDK intake, {tasks} tasks"), "/s", load.per_second);
        let p50 = percentile(&mut load.latencies, 50);
        table.add(&format!("{label}: SDK intake p50, {tasks} tasks"), "ms", p50);
    }
    engine.store().close().await.expect("the store closes");
}
