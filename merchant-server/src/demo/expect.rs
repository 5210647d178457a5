//! What the demo expects, and what became of it.

use std::process::ExitCode;

use crate::logging::say;

/// Named expectations.
#[derive(Default)]
pub(super) struct Expectations {
    held: u32,
    failed: Vec<String>,
}

impl Expectations {
    /// Notes whether something held.
    pub(super) fn that(&mut self, name: &str, held: bool) {
        if held {
            self.held += 1;
        } else {
            self.failed.push(name.to_owned());
        }
    }

    /// Notes that two things are the same, or what they are.
    pub(super) fn same<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, found: T, expect: T) {
        let held = found == expect;
        if held {
            self.held += 1;
        } else {
            self.failed.push(format!("{name}（应为 {expect:?}，实为 {found:?}）"));
        }
    }

    /// Notes that a step went through, and gives what it gave.
    pub(super) fn went<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        done: Result<T, E>,
    ) -> Option<T> {
        match done {
            Ok(value) => {
                self.held += 1;
                Some(value)
            }
            Err(error) => {
                self.failed.push(format!("{name}（{error}）"));
                None
            }
        }
    }

    /// Tells the outcome.
    pub(super) fn tell(&self) -> ExitCode {
        say("");
        if self.failed.is_empty() {
            say(&format!("演示完成：{} 项预期全部成立。", self.held));
            return ExitCode::SUCCESS;
        }
        say(&format!("演示发现问题：{} 项成立，{} 项不成立：", self.held, self.failed.len()));
        for name in &self.failed {
            say(&format!("  × {name}"));
        }
        ExitCode::FAILURE
    }
}
