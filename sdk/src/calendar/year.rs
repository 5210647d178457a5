//! One year as its notice (国务院办公厅关于部分节假日安排的通知) gives it: read strictly.
//!
//! A file that contradicts itself is refused as a whole: half a year of holidays is worse than
//! none. Whether the days are the right ones it cannot know; the oracle tables compare that.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::time::Date;

/// The holidays and make-up workdays of one year, with the notice they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YearData {
    year: i16,
    notice: Option<String>,
    certainty: Certainty,
    amended_by: Vec<String>,
    published: bool,
    marks: BTreeMap<Date, Mark>,
}

/// How sure the number of a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Certainty {
    /// Read in the notice itself.
    A,
    /// Read on the page of an authority or of the mainstream press.
    B,
    /// Read in a copy or in public code only.
    C,
    /// General knowledge without a source.
    M,
    /// Unknown: there is no number.
    U,
}

/// What a notice says of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Off, for the holiday of this name.
    Holiday(String),
    /// A weekend day worked in exchange for the holiday of this name (调休上班).
    MakeUp(String),
}

impl YearData {
    /// The earliest year a file may be about: no table to compare with reaches further back.
    pub const FIRST_YEAR: i16 = 2004;
    /// The latest year a file may be about; beyond it a number is a slip of the finger.
    pub const LAST_YEAR: i16 = 2100;
    /// The longest file that is read, in bytes; a year takes about three thousand.
    pub const BYTES_MAX: usize = 65_536;

    /// Reads a year file in the form of the shipped ones.
    ///
    /// # Errors
    /// Too long, other JSON, an unknown field, a day that is no ISO date, outside the year and the
    /// months beside it, named twice, or a make-up workday that is no weekend day; a holiday
    /// without a name; a published year without holidays; a number without certainty or the other
    /// way round.
    pub fn parse(json: &str) -> Result<Self, YearError> {
        if json.len() > Self::BYTES_MAX {
            return Err(YearError::TooLong { max: Self::BYTES_MAX });
        }
        let raw: RawYear =
            serde_json::from_str(json).map_err(|error| YearError::Json(error.to_string()))?;
        if !(Self::FIRST_YEAR..=Self::LAST_YEAR).contains(&raw.year) {
            return Err(YearError::UnknownYear { year: raw.year });
        }
        if raw.notice.is_none() != (raw.notice_certainty == Certainty::U) {
            return Err(YearError::Notice);
        }
        let own = |day: &RawHoliday| day.date.starts_with(&format!("{}-", raw.year));
        if raw.published && !raw.holidays.iter().any(own) {
            return Err(YearError::NoHolidays { year: raw.year });
        }
        let mut marks = BTreeMap::new();
        for RawHoliday { date, name } in raw.holidays {
            insert(&mut marks, raw.year, &date, Mark::Holiday(name))?;
        }
        for RawWorkday { date, exchanged_for } in raw.workdays {
            insert(&mut marks, raw.year, &date, Mark::MakeUp(exchanged_for))?;
        }
        Ok(Self {
            year: raw.year,
            notice: raw.notice,
            certainty: raw.notice_certainty,
            amended_by: raw.amended_by,
            published: raw.published,
            marks,
        })
    }

    /// The year the notice is about.
    #[must_use]
    pub const fn year(&self) -> i16 {
        self.year
    }

    /// The number of the notice (发文字号), where it is known.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// How sure that number is.
    #[must_use]
    pub const fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// The numbers of later notices that changed the year; the days are those after the change.
    #[must_use]
    pub fn amended_by(&self) -> &[String] {
        &self.amended_by
    }

    /// Whether the notice is out. A draft may be loaded, but stays provisional.
    #[must_use]
    pub const fn is_published(&self) -> bool {
        self.published
    }

    /// The days the notice names, some of them perhaps in the months beside the year.
    pub(super) const fn marks(&self) -> &BTreeMap<Date, Mark> {
        &self.marks
    }
}

fn insert(
    marks: &mut BTreeMap<Date, Mark>,
    year: i16,
    text: &str,
    mark: Mark,
) -> Result<(), YearError> {
    let date = plain_date(text)?;
    let near = match date.month() {
        12 => date.year() == year || date.year() == year - 1,
        1 => date.year() == year || date.year() == year + 1,
        _other_months => date.year() == year,
    };
    if !near {
        return Err(YearError::OtherYear { date, year });
    }
    let name = match &mark {
        Mark::Holiday(name) | Mark::MakeUp(name) => name,
    };
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(YearError::Name { date });
    }
    if matches!(mark, Mark::MakeUp(_)) && !is_weekend(date) {
        return Err(YearError::NotAWeekend { date });
    }
    match marks.insert(date, mark) {
        None => Ok(()),
        Some(_) => Err(YearError::Twice { date }),
    }
}

/// jiff also reads `20261001`; one form only, so that a file can be searched.
fn plain_date(text: &str) -> Result<Date, YearError> {
    let date: Option<Date> = text.parse().ok();
    date.filter(|date| date.to_string() == text).ok_or(YearError::NotADate)
}

/// Whether this is a Saturday or a Sunday.
pub(super) fn is_weekend(date: Date) -> bool {
    use jiff::civil::Weekday;
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

const NAME_CHARS_MAX: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: i16,
    notice: Option<String>,
    notice_certainty: Certainty,
    #[serde(default)]
    amended_by: Vec<String>,
    published: bool,
    holidays: Vec<RawHoliday>,
    workdays: Vec<RawWorkday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHoliday {
    date: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWorkday {
    date: String,
    #[serde(rename = "for")]
    exchanged_for: String,
}

/// The year file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YearError {
    /// More than any year needs.
    #[error("the year file is longer than {max} bytes; one file holds one year")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// Not the expected JSON.
    #[error("the year file has another form than the shipped ones: {0}")]
    Json(String),
    /// A year no calendar is kept for.
    #[error("no calendar is kept for {year}; check the field `year`")]
    UnknownYear {
        /// The year in the file.
        year: i16,
    },
    /// The number and its certainty contradict each other.
    #[error("`notice_certainty` must be U exactly when `notice` is null")]
    Notice,
    /// A published year without holidays would be silent weekends.
    #[error("{year} is marked as published but names no holiday; list them or mark it as a draft")]
    NoHolidays {
        /// The year in the file.
        year: i16,
    },
    /// Not an ISO date.
    #[error("a day is not written like 2026-10-01")]
    NotADate,
    /// A day far from the year.
    #[error("{date} is not in {year} nor in the months beside it")]
    OtherYear {
        /// The day.
        date: Date,
        /// The year in the file.
        year: i16,
    },
    /// A holiday without a usable name.
    #[error("the holiday of {date} has no name, or one longer than 40 characters")]
    Name {
        /// The day.
        date: Date,
    },
    /// A make-up workday on a weekday.
    #[error("{date} is no Saturday or Sunday and cannot be a make-up workday")]
    NotAWeekend {
        /// The day.
        date: Date,
    },
    /// A day named twice, perhaps as off and as worked.
    #[error("{date} is named twice; keep one of the two")]
    Twice {
        /// The day.
        date: Date,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(holidays: &str, workdays: &str) -> String {
        format!(
            r#"{{"year":2027,"notice":"x","notice_certainty":"C","published":true,
                "holidays":[{holidays}],"workdays":[{workdays}]}}"#
        )
    }

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    const NEW_YEAR: &str = r#"{"date":"2027-01-01","name":"元旦"}"#;

    #[test]
    fn a_notice_may_name_days_of_the_months_beside_its_year() {
        let holidays = format!(
            r#"{NEW_YEAR},{{"date":"2026-12-31","name":"元旦"}},
               {{"date":"2028-01-01","name":"元旦"}}"#
        );
        let year =
            YearData::parse(&file(&holidays, r#"{"date":"2026-12-26","for":"元旦"}"#)).unwrap();
        assert_eq!(year.marks().len(), 4);
        assert_eq!(year.marks()[&date("2026-12-26")], Mark::MakeUp("元旦".to_owned()));
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let holiday =
            |date: &str, name: &str| format!(r#"{NEW_YEAR},{{"date":"{date}","name":"{name}"}}"#);
        for (json, expect) in [
            (
                file(&holiday("2027-01-01", "元旦"), ""),
                YearError::Twice { date: date("2027-01-01") },
            ),
            (
                file(&holiday("2027-01-02", "元旦"), r#"{"date":"2027-01-02","for":"元旦"}"#),
                YearError::Twice { date: date("2027-01-02") },
            ),
            (
                file(NEW_YEAR, r#"{"date":"2027-01-04","for":"元旦"}"#),
                YearError::NotAWeekend { date: date("2027-01-04") },
            ),
            (
                file(&holiday("2026-11-30", "元旦"), ""),
                YearError::OtherYear { date: date("2026-11-30"), year: 2027 },
            ),
            (
                file(&holiday("2028-02-01", "春节"), ""),
                YearError::OtherYear { date: date("2028-02-01"), year: 2027 },
            ),
            (file(&holiday("2027-02-06", " "), ""), YearError::Name { date: date("2027-02-06") }),
            (file(&holiday("20270206", "春节"), ""), YearError::NotADate),
            (file(&holiday("2027-02-30", "春节"), ""), YearError::NotADate),
            (file("", ""), YearError::NoHolidays { year: 2027 }),
            (file(NEW_YEAR, "").replace("2027,", "2003,"), YearError::UnknownYear { year: 2003 }),
            (file(NEW_YEAR, "").replace(r#""C""#, r#""U""#), YearError::Notice),
            (file(NEW_YEAR, "").replace(r#""x""#, "null"), YearError::Notice),
            (" ".repeat(YearData::BYTES_MAX + 1), YearError::TooLong { max: YearData::BYTES_MAX }),
        ] {
            assert_eq!(YearData::parse(&json).unwrap_err(), expect, "{json}");
        }
    }

    #[test]
    fn unknown_and_repeated_fields_are_refused() {
        for json in [
            file(NEW_YEAR, "").replace(r#""published""#, r#""extra":1,"published""#),
            file(NEW_YEAR, "").replace(r#""published""#, r#""year":2027,"published""#),
            file(NEW_YEAR, "").replace(r#""name""#, r#""Name""#),
            String::new(),
        ] {
            assert!(matches!(YearData::parse(&json), Err(YearError::Json(_))), "{json}");
        }
    }

    #[test]
    fn a_draft_may_be_empty() {
        let year = YearData::parse(&file("", "").replace("true", "false")).unwrap();
        assert!(!year.is_published());
    }
}
