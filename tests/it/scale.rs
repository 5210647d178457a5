//! Embedding at scale: many complaints in a call, whole lists as a stream, and no more in memory
//! than was allowed.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use green_channel::testkit::SimError;
use green_channel_tests::{Setup, TestApp, eventually, refusal};
use serde_json::{Value, json};

const PATH: &str = "/green-channel/v1/complaint-batches";

async fn batch(app: &TestApp, complaints: &[Value]) -> Result<Vec<Value>, SimError> {
    let body = json!({ "complaints": complaints }).to_string().into_bytes();
    let (status, answer) = app.center().post(PATH, body).await?;
    assert_eq!(status, 200);
    Ok(answer["verdicts"].as_array().expect("verdicts").clone())
}

fn complaints(app: &TestApp, count: usize) -> Vec<Value> {
    (0..count).map(|n| app.complaint(&format!("BATCH-{n:04}"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_complaints_is_taken_each_with_its_receipt_and_again_with_the_same() {
    let app = TestApp::start().await;
    let complaints = complaints(&app, 60);
    let first = batch(&app, &complaints).await.unwrap();
    assert_eq!(first.len(), 60);
    for (verdict, complaint) in first.iter().zip(&complaints) {
        assert_eq!(verdict["status"], 201, "{verdict}");
        assert_eq!(verdict["answer"]["complaint_no"], complaint["complaint_no"]);
    }
    assert_eq!(app.clerk().list("").await.unwrap().len(), 60);
    let again = batch(&app, &complaints).await.unwrap();
    for (before, after) in first.iter().zip(&again) {
        assert_eq!((&after["status"], &after["answer"]), (&json!(200), &before["answer"]));
    }
    // The receipt covers the bytes it had in the batch: alone, the same bytes are the same body.
    let (status, alone) = app.center().divert(&complaints[7]).await.unwrap();
    assert_eq!(
        (status, alone.receipt.as_str()),
        (200, first[7]["answer"]["receipt"].as_str().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_complaint_in_a_batch_spoils_none_of_the_others() {
    let app = TestApp::start().await;
    let mut complaints = complaints(&app, 6);
    complaints[1]["consent"] = json!("");
    complaints[2]["facts"] = json!("");
    complaints[3] = json!("no complaint at all");
    complaints[4] = complaints[0].clone();
    complaints[4]["facts"] = json!("同一编号下的另一份投诉。");
    let verdicts = batch(&app, &complaints).await.unwrap();
    let codes: Vec<_> =
        verdicts.iter().map(|verdict| verdict["problem"]["code"].as_str()).collect();
    assert_eq!((codes[1], codes[2]), (Some("consent_missing"), Some("field_invalid")));
    assert_eq!(verdicts[3]["status"], 422, "{}", verdicts[3]);
    assert_eq!((verdicts[5]["status"].as_u64(), codes[5]), (Some(201), None));
    // Of the two under one number one was taken and the other told so.
    let mut pair = [verdicts[0]["status"].as_u64(), verdicts[4]["status"].as_u64()];
    pair.sort_unstable();
    assert_eq!(pair, [Some(201), Some(409)]);
    assert_eq!(app.clerk().list("").await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_refused_whole_for_its_token_its_size_or_its_form() {
    let app = TestApp::start().await;
    let many = complaints(&app, 201);
    for (body, status, code) in [
        (json!({ "complaints": [] }), 422, "field_invalid"),
        (json!({ "complaints": many }), 422, "field_invalid"),
        (json!({ "complaints": [many[0]], "more": 1 }), 422, "field_invalid"),
        (json!([many[0]]), 422, "field_invalid"),
    ] {
        let refused = refusal(app.center().post(PATH, body.to_string().into_bytes()).await);
        assert_eq!((refused.status, refused.code.as_str()), (status, code));
    }
    let refused = refusal(app.center().post(PATH, b"{\"complaints\":[".to_vec()).await);
    assert_eq!(refused.status, 400);
    let impostor = refusal(app.impostor().post(PATH, b"{\"complaints\":[]}".to_vec()).await);
    assert_eq!(impostor.status, 401);
    let large = vec![b' '; 8 * 1024 * 1024 + 1];
    match app.center().post(PATH, large).await {
        // Told while the client still sends: it may hear the answer or only the closing.
        Err(SimError::Transport(_)) => {}
        other => assert_eq!(refusal(other).status, 413),
    }
    assert_eq!(app.clerk().list("").await.unwrap(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_streamed_list_has_every_case_once_and_says_that_it_is_whole() {
    let app = TestApp::start().await;
    for round in 0..3 {
        let some: Vec<Value> =
            (0..150).map(|n| app.complaint(&format!("LIST-{round}-{n:04}"))).collect();
        assert!(batch(&app, &some).await.unwrap().iter().all(|v| v["status"] == 201));
    }
    let text = app.clerk().text("/api/v1/cases/stream").await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last(), Some(&json!({ "end": true, "count": 450 })));
    let streamed: Vec<&Value> = lines[..450].iter().map(|row| &row["case_id"]).collect();
    let listed = app.clerk().list("").await.unwrap();
    let listed: Vec<&Value> = listed.iter().map(|row| &row["case_id"]).collect();
    assert_eq!(streamed, listed, "newest first, as the pages have them");
    let none = app.clerk().text("/api/v1/cases/stream?state=closed").await.unwrap();
    assert_eq!(none, "{\"end\":true,\"count\":0}\n");
    let refused = refusal(app.clerk().text("/api/v1/cases/stream?state=nonsense").await);
    assert_eq!((refused.status, refused.code.as_str()), (400, "query_invalid"));
}

/// A diversion that is announced and does not come: its head, with the center's token over 200 KiB.
fn announced(app: &TestApp) -> String {
    let token = app.center().token("POST", "/green-channel/v1/complaints", &[b' '; 204_800]);
    format!(
        "POST /green-channel/v1/complaints HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 204800\r\n\r\n"
    )
}

fn begun(app: &TestApp, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    stream
}

fn status(stream: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_takes_no_room_with_a_body_that_it_announces() {
    let mut setup = Setup::default();
    setup.settings.push(("in_flight_mib = 64", "in_flight_mib = 1"));
    let app = TestApp::start_with(setup).await;
    let head = "POST /green-channel/v1/complaint-batches HTTP/1.1\r\nhost: x\r\n\
                content-length: 8000000\r\n\r\n";
    let strangers: Vec<TcpStream> = (0..20).map(|_| begun(&app, head)).collect();
    for _ in 0..5 {
        assert!(app.clerk().list("").await.is_ok(), "there is room for everybody else");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.divert("ROOM-0").await;
    drop(strangers);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_there_are_places_are_closed_and_no_method_makes_a_new_counter() {
    let mut setup = Setup::default();
    setup.settings.push(("connections = 1024", "connections = 8"));
    let app = TestApp::start_with(setup).await;
    let made_up = "MADEUP / HTTP/1.1\r\nhost: x\r\n\r\n";
    assert!(status(&mut begun(&app, made_up)).starts_with("HTTP/1.1 "));
    let metrics = app.get("/metrics").await.unwrap().text().await.unwrap();
    assert!(metrics.contains("method=\"other\"") && !metrics.contains("MADEUP"), "{metrics}");
    // Places that others still hold become free one by one, so the silent ones come again and again.
    let silent = std::sync::Mutex::new(Vec::new());
    eventually("no place is left", Duration::from_secs(10), || async {
        silent.lock().unwrap().extend((0..8).map(|_| begun(&app, "")));
        let mut late = begun(&app, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
        let mut byte = [0];
        !matches!(late.read(&mut byte), Ok(1))
    })
    .await;
    drop(silent);
    eventually("there are places again", Duration::from_secs(10), || async {
        app.get("/healthz").await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_fits_is_told_to_come_back_before_a_byte_of_it_is_read() {
    let mut setup = Setup::default();
    setup.settings.push(("in_flight_mib = 64", "in_flight_mib = 1"));
    let app = TestApp::start_with(setup).await;
    // The center announces four bodies of 200 KiB; with 16 KiB for each request, and for those
    // who are about to sign in, that is all of the one MiB, whoever comes first.
    let mut waiting: Vec<TcpStream> = (0..4).map(|_| begun(&app, &announced(&app))).collect();
    let login = "POST /console/login HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\
                 content-type: application/x-www-form-urlencoded\r\n\r\n";
    waiting.extend((0..24).map(|_| begun(&app, login)));
    eventually("the server is full", Duration::from_secs(10), || async {
        app.get("/api/v1/cases").await.is_ok_and(|answer| answer.status() == 429)
    })
    .await;
    let refused = app.get("/api/v1/cases").await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "overloaded");
    assert_eq!(app.get("/readyz").await.unwrap().status(), 200, "a balancer still sees us");
    let mut fifth = begun(&app, &announced(&app));
    assert_eq!(status(&mut fifth), "HTTP/1.1 429", "it is refused without its body");
    drop((waiting, fifth));
    eventually("there is room again", Duration::from_secs(10), || async {
        app.clerk().list("").await.is_ok()
    })
    .await;
    app.divert("ROOM-1").await;
}
