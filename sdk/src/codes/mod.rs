//! The words of the trade: code tables, and the identifiers of firms and of people.
//!
//! Tables are closed enums ([`Code`]) made by one macro; on the wire they stand inside [`Open`],
//! which keeps a value that we do not know yet. Which table is official and which is ours is said
//! value by value with the certainty of the source:
//!
//! | mark | means |
//! |---|---|
//! | A | read in the law itself |
//! | B | published by an authority or the mainstream press |
//! | C | one weak source, or seen in public code |
//!
//! No national codes are published for any of these tables, so all codes are our own slugs; the
//! Chinese words are the ones that authorities print. To add a value: one line in its table.
//!
//! This room knows nothing of cases, HTTP, storage or the current time. It does not ask any
//! register whether a firm, a person or a number exists: it only says what cannot be one.

mod channel;
mod goods;
mod id_type;
mod issue;
mod mobile;
mod open;
mod outcome;
mod person_name;
mod region;
mod request;
mod resident_id;
mod text;
mod uscc;
mod visible;

pub use channel::Channel;
pub use goods::Goods;
pub use id_type::IdType;
pub use issue::Issue;
pub use mobile::{Mobile, OtherPhone, Phone, PhoneError};
pub use open::{Code, CodeError, Open};
pub use outcome::Outcome;
pub use person_name::{NameError, PersonName};
pub use region::{Province, Region, RegionError};
pub use request::Request;
pub use resident_id::{ResidentId, ResidentIdError};
pub use uscc::{Uscc, UsccError};
pub use visible::visible;
