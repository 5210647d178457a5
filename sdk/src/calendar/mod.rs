//! The working-day calendar (工作日历): years as data, sums over them, and their explanations.
//!
//! China moves weekends about: a holiday of seven days is paid for with Saturdays and Sundays that
//! are worked (调休). Which ones, a notice of the State Council's General Office says each autumn for
//! the year after. So every year is a file, `years/YYYY.json`, and a year without a file is never
//! guessed in silence: a deadline that walks into it is marked provisional.
//!
//! **To add a year**, when its notice is out:
//! 1. write `years/YYYY.json` from the notice: its number, every day it names as off, every weekend
//!    day it names as worked; days of the neighbouring years that the notice names belong in it too;
//! 2. add it to `SHIPPED` in `working_days.rs` and raise [`Calendar::SHIPPED_VERSION`];
//! 3. make the tables in `tests/oracles/calendar` again and run `sdk/tests/calendar_oracles.rs`.
//!
//! An operator who cannot wait for a release hands the same file to [`Calendar::with_year`].
//!
//! Known quirks: the notice for a year may still move the last days of the December before it, so
//! the end of the last published year is as firm as a published year gets, not firmer. 2005-12-31
//! is off here, as both oracle tables have it, though the notice for 2006 is reported to have had it
//! worked.
//!
//! This room knows nothing of cases, of why a clock pauses, of hours, of regional or half-day
//! holidays, and of the time now.
//!
//! ```
//! use green_channel::calendar::Calendar;
//! let calendar = Calendar::shipped();
//! let sum = calendar.after_working_days("2026-09-30".parse()?, 10)?;
//! assert_eq!(sum.due_on.to_string(), "2026-10-20");
//! assert!(!sum.provisional);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod explanation;
mod working_days;
mod year;

pub use explanation::{Explanation, MakeUp, SkipReason, Skipped, Unit};
pub use working_days::{Calendar, CalendarError, Day, DayKind, Elapsed, PausedDays};
pub use year::{Certainty, YearData, YearError};
