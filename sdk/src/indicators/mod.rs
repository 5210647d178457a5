//! 指标: what is published about how complaints are handled, as definitions over the log. Whoever has
//! the log computes the same figures; nobody need believe ours.
//!
//! Each definition has a version and says its formula. No official formula exists for most of them
//! (domain: U), so each is ours until a center prescribes another; a changed formula is a new version.

mod definition;
mod fold;
mod publish;

pub use definition::{ALL, Definition};
pub use fold::{Figure, Indicator, Indicators};
pub use publish::{differs, publish};
