//! SIGTERM: what was accepted is answered, what was answered is kept, and the server ends cleanly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use green_channel::testkit::SimError;
use green_channel_tests::{TestApp, complaint_from};
use serde_json::Value;
use tokio::task::JoinSet;

const PATH: &str = "/green-channel/v1/complaints";

/// A diversion whose head is sent and taken, and whose body is not sent yet.
struct HalfSent {
    no: String,
    body: Vec<u8>,
    stream: BufReader<TcpStream>,
}

fn connect(app: &TestApp) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(app.address()).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time-out can be set");
    BufReader::new(stream)
}

fn line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).expect("the server answers and does not reset");
    line
}

impl HalfSent {
    /// Sends the head and waits for `100 Continue`: from then on the server has the request.
    fn new(app: &TestApp, no: &str) -> Self {
        let body = app.complaint(no).to_string().into_bytes();
        let token = app.center().token("POST", PATH, &body);
        let mut stream = connect(app);
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            app.address(),
            body.len()
        );
        stream.get_mut().write_all(head.as_bytes()).expect("the head is sent");
        assert!(line(&mut stream).starts_with("HTTP/1.1 100"), "the server takes the request");
        assert_eq!(line(&mut stream), "\r\n");
        Self { no: no.to_owned(), body, stream }
    }

    /// Sends the body and gives the status line.
    fn finish(&mut self) -> String {
        self.stream.get_mut().write_all(&self.body).expect("the body is sent");
        line(&mut self.stream)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_accepted_before_sigterm_is_answered_and_kept() {
    let mut app = TestApp::start().await;
    let mut waiting: Vec<HalfSent> =
        (0..8).map(|place| HalfSent::new(&app, &format!("CN-510{place}"))).collect();
    app.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for half in &mut waiting {
        let status = half.finish();
        assert!(status.starts_with("HTTP/1.1 201"), "{}: {status}", half.no);
    }
    let numbers: Vec<String> = waiting.into_iter().map(|half| half.no).collect();
    assert!(app.ended(Duration::from_secs(20)).await.success(), "the exit code is 0");
    app.restart().await;
    for no in numbers {
        let tracked = app.center().track(&no).await.unwrap();
        assert_eq!(tracked["state"], "received", "{no}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_turns_503_when_the_server_is_asked_to_stop() {
    let mut app = TestApp::start().await;
    let mut probe = connect(&app);
    // The listener closes with the signal, so the probe that sees it is one already under way.
    let head = format!("GET /readyz HTTP/1.1\r\nHost: {}\r\n", app.address());
    probe.get_mut().write_all(head.as_bytes()).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    app.terminate();
    tokio::time::sleep(Duration::from_millis(300)).await;
    probe.get_mut().write_all(b"Connection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    probe.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.ends_with("draining\n"), "{answer}");
    assert!(app.ended(Duration::from_secs(20)).await.success());
    assert!(TcpStream::connect(app.address()).is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_the_server_stops_within_its_limit_and_keeps_what_it_answered() {
    let mut app = TestApp::start().await;
    let over = Arc::new(AtomicBool::new(false));
    let mut load = JoinSet::new();
    for task in 0..4 {
        let (center, over) = (app.center().clone(), Arc::clone(&over));
        load.spawn(async move {
            let mut taken: Vec<(Value, String)> = Vec::new();
            for number in 0_u64.. {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let complaint = complaint_from(&center, number, &format!("STOP-{task}-{number}"));
                match center.divert(&complaint).await {
                    Ok((_, answer)) => taken.push((complaint, answer.receipt)),
                    // The connection was closed before the request went out.
                    Err(SimError::Transport(_)) => break,
                    Err(error) => panic!("refused while stopping: {error}"),
                }
            }
            taken
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    let status = app.stop().await;
    assert!(status.success(), "the exit code is 0, not {status}");
    assert!(began.elapsed() < Duration::from_secs(20), "it took {:?}", began.elapsed());
    over.store(true, Ordering::SeqCst);
    let taken: Vec<(Value, String)> = load.join_all().await.into_iter().flatten().collect();
    assert!(taken.len() > 10, "there was no load");
    app.restart().await;
    for (complaint, receipt) in taken {
        let (status, answer) = app.center().divert(&complaint).await.unwrap();
        assert_eq!((status, answer.receipt), (200, receipt), "{}", complaint["complaint_no"]);
    }
    assert!(app.log_text().contains("stopped"), "the server says that it stopped");
}
