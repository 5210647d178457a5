//! Instants, civil dates and the clock. Knows nothing of the wall clock unless asked at the edge.
//!
//! An instant is UTC milliseconds ([`Timestamp`]). Deadlines are civil dates in Asia/Shanghai
//! ([`Date`]), because Chinese law counts days, not hours. China has kept UTC+8 without daylight
//! saving since 1991, which is before the first calendar year we ship, so the offset is a constant.

use std::fmt;
use std::str::FromStr;

pub use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds between UTC and Beijing time (`Asia/Shanghai`, fixed since 1991).
pub const SHANGHAI_OFFSET_MILLIS: i64 = 8 * 3_600_000;
/// Milliseconds of one day.
pub const DAY_MILLIS: i64 = 86_400_000;
/// Milliseconds of one hour.
pub const HOUR_MILLIS: i64 = 3_600_000;

/// An instant in UTC, to the millisecond. On the wire RFC 3339 with offset `+08:00`.
///
/// ```
/// use green_channel::time::Timestamp;
/// let at: Timestamp = "2026-11-24T02:00:00Z".parse()?;
/// assert_eq!(at.to_string(), "2026-11-24T10:00:00.000+08:00");
/// assert_eq!(at.civil_date().to_string(), "2026-11-24");
/// # Ok::<(), green_channel::time::TimeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant so many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// Outside the years −9999 to 9999.
    pub fn from_millis(millis: i64) -> Result<Self, TimeError> {
        jiff::Timestamp::from_millisecond(millis).map_err(|_| TimeError)?;
        Ok(Self(millis))
    }

    /// Milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds after 1970-01-01T00:00:00Z, rounded down (what JWT claims hold).
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The civil date of this instant in Asia/Shanghai.
    #[must_use]
    pub fn civil_date(self) -> Date {
        self.civil().date()
    }

    /// Hour, minute and second of this instant in Asia/Shanghai, as `HH:MM:SS`.
    #[must_use]
    pub fn civil_time(self) -> String {
        let time = self.civil();
        format!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
    }

    /// The first millisecond of `date` in Asia/Shanghai.
    #[must_use]
    pub fn start_of(date: Date) -> Self {
        let utc = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0));
        let millis = utc.map_or(0, jiff::Timestamp::as_millisecond);
        Self(millis - SHANGHAI_OFFSET_MILLIS)
    }

    /// The last millisecond of `date` in Asia/Shanghai: what a deadline "by that day" means.
    #[must_use]
    pub fn end_of(date: Date) -> Self {
        Self(Self::start_of(date).0 + DAY_MILLIS - 1)
    }

    /// This instant moved by `millis`, clamped at the ends of representable time.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        let moved = self.0.saturating_add(millis);
        Self(moved.clamp(jiff::Timestamp::MIN.as_millisecond(), MAX_MILLIS))
    }

    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The form leaves use: UTC with milliseconds and `Z`.
    #[must_use]
    pub fn to_utc_string(self) -> String {
        render(self.0, "Z")
    }

    /// Reads what [`Self::to_utc_string`] writes, and nothing else.
    #[must_use]
    pub(crate) fn from_utc_string(text: &str) -> Option<Self> {
        plain(text.strip_suffix('Z')?).map(Self)
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    fn from_shanghai_string(text: &str) -> Option<Self> {
        plain(text.strip_suffix("+08:00")?).map(|local| Self(local - SHANGHAI_OFFSET_MILLIS))
    }

    fn civil(self) -> jiff::civil::DateTime {
        datetime(self.0 + SHANGHAI_OFFSET_MILLIS)
    }
}

/// Milliseconds of `2026-11-24T02:00:00.000` as if it were UTC; years 0001 to 9998, no leap seconds.
fn plain(text: &str) -> Option<i64> {
    let bytes: &[u8; 23] = text.as_bytes().try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.')];
    if marks.into_iter().any(|(place, mark)| bytes.get(place) != Some(&mark)) {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes.get(from..to)?.iter().try_fold(0_i64, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=9998).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let small = |number: i64| i8::try_from(number).ok();
    // That there is such a day.
    Date::new(i16::try_from(year).ok()?, small(month)?, small(day)?).ok()?;
    let of_day = ((hour * 60 + minute) * 60 + second) * 1_000 + number(20, 23)?;
    Some(days_since_1970(year, month, day) * DAY_MILLIS + of_day)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar, counted from the first of March.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

const MAX_MILLIS: i64 = 253_402_200_000_000;

fn datetime(millis: i64) -> jiff::civil::DateTime {
    let instant = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    jiff::tz::Offset::UTC.to_datetime(instant)
}

fn render(millis: i64, suffix: &str) -> String {
    let t = datetime(millis);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{suffix}",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        millis.rem_euclid(1000)
    )
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(self.0 + SHANGHAI_OFFSET_MILLIS, "+08:00"))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        // The two forms that we write ourselves, and every other one.
        if let Some(at) = Self::from_utc_string(text).or_else(|| Self::from_shanghai_string(text)) {
            return Ok(at);
        }
        let instant: jiff::Timestamp = text.parse().map_err(|_| TimeError)?;
        Ok(Self(instant.as_millisecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::from_text::from_text(deserializer)
    }
}

/// Serde of a [`Date`] as ISO text, for `#[serde(with = "crate::time::iso_date")]`.
pub mod iso_date {
    use super::{Date, Deserialize, Deserializer, Serializer, de};

    /// Writes `2026-11-24`.
    ///
    /// # Errors
    /// What the serializer says.
    pub fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(date)
    }

    /// Reads `2026-11-24`.
    ///
    /// # Errors
    /// When the text is no ISO date.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| de::Error::custom("not an ISO date like 2026-11-24"))
    }

    /// The same for an optional date.
    pub mod option {
        use super::{Date, Deserialize, Deserializer, Serializer, de};

        /// Writes `2026-11-24` or null.
        ///
        /// # Errors
        /// What the serializer says.
        pub fn serialize<S: Serializer>(date: &Option<Date>, s: S) -> Result<S::Ok, S::Error> {
            match date {
                Some(date) => s.collect_str(date),
                None => s.serialize_none(),
            }
        }

        /// Reads `2026-11-24` or null.
        ///
        /// # Errors
        /// When the text is no ISO date.
        pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Date>, D::Error> {
            let text = Option::<String>::deserialize(d)?;
            text.map(|text| text.parse())
                .transpose()
                .map_err(|_| de::Error::custom("not an ISO date like 2026-11-24"))
        }
    }
}

/// The text or number is no instant we can represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 instant with offset, like 2026-11-24T10:00:00+08:00")]
pub struct TimeError;

/// Tells the time. The pure rooms never hold one: they take a [`Timestamp`].
pub trait Clock: Send + Sync + 'static {
    /// The instant now.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_write_is_read_as_any_reader_reads_it() {
        let mut millis = -60_000_000_000_000_i64;
        while millis < 250_000_000_000_000 {
            let at = Timestamp(millis);
            for text in [at.to_utc_string(), at.to_string()] {
                let right: jiff::Timestamp = text.parse().unwrap();
                assert_eq!(right.as_millisecond(), millis, "{text}");
                let read = Timestamp::from_utc_string(&text);
                let read = read.or_else(|| Timestamp::from_shanghai_string(&text));
                assert_eq!(read, Some(at), "{text}");
            }
            millis += 86_399_998_777 * 7;
        }
        for bad in [
            "2026-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-11-24T24:00:00.000Z",
            "2026-11-24T02:00:60.000Z",
            "2026-11-24T02:00:00.00Z",
            "2026-11-24 02:00:00.000Z",
            "+026-11-24T02:00:00.000Z",
            "2026-11-24T02:00:00.000z",
        ] {
            assert_eq!(Timestamp::from_utc_string(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_day_ends_at_midnight_in_beijing_whatever_the_host_thinks() {
        let date: Date = "2026-11-24".parse().unwrap();
        assert_eq!(Timestamp::start_of(date).to_utc_string(), "2026-11-23T16:00:00.000Z");
        assert_eq!(Timestamp::end_of(date).to_string(), "2026-11-24T23:59:59.999+08:00");
        assert_eq!(Timestamp::end_of(date).civil_date(), date);
        assert_eq!(Timestamp::end_of(date).plus_millis(1).civil_date(), date.tomorrow().unwrap());
    }

    #[test]
    fn every_instant_reads_back_as_written() {
        for millis in [0, 1, -1, 1_795_485_600_123, -62_135_596_800_000] {
            let at = Timestamp::from_millis(millis).unwrap();
            assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
            assert_eq!(at.to_utc_string().parse::<Timestamp>().unwrap(), at);
        }
    }

    #[test]
    fn an_instant_without_offset_is_refused() {
        assert_eq!("2026-11-24T10:00:00".parse::<Timestamp>(), Err(TimeError));
    }
}
