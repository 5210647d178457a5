//! The integration tests: one program, one module a promise. Each test runs the real server as a
//! process of its own and asserts what a user would notice.

mod demo;
mod intake;
mod journeys;
mod kill;
mod notices;
mod openapi;
mod outbox;
mod stop;
mod tidy;
