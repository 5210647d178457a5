//! The demo as a newcomer starts it: it tells where the console is, goes on, and ends with Ctrl-C.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use green_channel_tests::binary;

#[test]
fn ctrl_c_ends_the_demo_and_the_log_is_verified() {
    let mut demo = Command::new(binary())
        .args(["demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap());
    let mut said = String::new();
    // The first complaint after the script: from here on the demo is in the middle of its beats.
    while !said.contains("· 新投诉") {
        assert!(lines.read_line(&mut said).unwrap() > 0, "the demo ended by itself: {said}");
    }
    assert!(said.contains("/console"), "{said}");
    assert!(said.contains("用户名 zhaomin"), "a second clerk may sign in: {said}");
    let line = format!("kill -INT {}", demo.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    lines.read_to_string(&mut said).unwrap();
    assert!(demo.wait().unwrap().success(), "{said}");
    assert!(said.contains("核验包离线核验通过"), "{said}");
    assert!(said.contains("项预期全部成立"), "{said}");
}
