//! What the demo says, in plain Chinese.

use serde_json::Value;

use super::stage::{Sent, Stage};
use crate::logging::say;

pub(super) fn opening(stage: &Stage) {
    say("12315 绿色通道 · 商户端演示");
    say(
        "一座模拟的 12315 中心（自有密钥）与本机服务通过真实 HTTP 往来；投诉取自公开案例改写，人物均为虚构。",
    );
    say(&format!("服务：{}　数据：临时目录，演示结束即删除", stage.url));
    say("");
}

/// A step of the narrated case.
pub(super) fn step(number: u32, title: &str, lines: &[String]) {
    say(&format!("【第 {number} 步】{title}"));
    for line in lines {
        say(&format!("　　{line}"));
    }
}

/// What the narrated complaint is about.
pub(super) fn complaint(sent: &Sent) -> Vec<String> {
    let facts: String = sent.case.facts.chars().take(90).collect();
    vec![
        format!("投诉编号 {}", sent.no),
        format!("{}……", facts.trim_end_matches('。')),
        format!("（案例出处：{}）", sent.case.source),
    ]
}

/// Why the deadline of a clock is what it is.
pub(super) fn deadline(view: &Value, kind: &str) -> Vec<String> {
    let clocks = view["clocks"].as_array().cloned().unwrap_or_default();
    let clock = clocks.iter().find(|clock| clock["kind"] == kind);
    let Some(clock) = clock else { return Vec::new() };
    vec![format!(
        "{}期限：{}。为什么是这个期限：{}。",
        clock["label"].as_str().unwrap_or_default(),
        clock["due_at"].as_str().unwrap_or_default().get(..10).unwrap_or_default(),
        clock["why"].as_str().unwrap_or_default()
    )]
}

/// One line about a journey that is not narrated step by step.
pub(super) fn aside(line: &str) {
    say(&format!("· {line}"));
}

pub(super) fn invitation(stage: &Stage) {
    say("");
    say(&format!("控制台：{}/console", stage.url));
    for (login, name, role, password) in &stage.logins {
        say(&format!("　　{role} {name}　用户名 {login}　密码 {password}"));
    }
    say("新的投诉会陆续分流进来。按 Ctrl-C 结束，届时离线核验全部存证。");
}
