//! The rules of a case as tables that an official can read beside the regulation, and tests that
//! hold the program to them: which role may do what in which state ([`actions`]), what each step
//! leads to in which circumstance (`docs/rules.zh.md`, run by [`rows`]), and which reason to refuse
//! comes first ([`precedence`]). Cases are brought into their states by real decisions at named
//! instants; nothing here sets a state by hand.

mod actions;
mod circumstances;
mod commands;
mod precedence;
mod remembered;
mod rows;
mod world;
