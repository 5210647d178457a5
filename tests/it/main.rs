//! The integration tests: one program, one module a promise. Each test runs the real server as a
//! process of its own and asserts what a user would notice.

mod audit;
mod browser;
mod calendars;
mod cluster;
mod console_pages;
mod contract;
mod demo;
mod desk;
mod erasure;
mod fund;
mod fund_api;
mod fund_bank;
mod fund_cluster;
mod intake;
mod journeys;
mod kill;
mod lifecycle;
mod moving;
mod notices;
mod openapi;
mod outbox;
mod people;
mod powers;
mod scale;
mod shop_room;
mod stop;
mod tenants;
mod tidy;
