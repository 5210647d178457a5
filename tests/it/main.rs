//! The integration tests: one program, one module a promise. Each test runs the real server as a
//! process of its own and asserts what a user would notice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]

mod intake;
mod journeys;
mod kill;
mod notices;
mod openapi;
mod outbox;
mod stop;
mod tidy;
