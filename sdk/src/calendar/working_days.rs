//! The calendar: which day is worked, and which day a period ends on. Counts, and explains how.
//!
//! One walk over the days serves due dates and elapsed time alike. It does not know the time now,
//! nor hours, nor pauses.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use super::explanation::{Explanation, Unit};
use super::year::{Mark, YearData, YearError, is_weekend};
use crate::time::Date;

/// The working days of all years known. Immutable; a clone is cheap and shares the data.
#[derive(Clone)]
pub struct Calendar {
    inner: Arc<Inner>,
}

struct Inner {
    years: BTreeMap<i16, Arc<YearData>>,
    /// What the notices say, day by day; of two notices the one for the later year is right.
    marks: BTreeMap<Date, Mark>,
    /// The years that were loaded on top of the shipped ones, with the digest of their file.
    loaded: BTreeMap<i16, String>,
    version: String,
}

impl Calendar {
    /// The version of the shipped years; raise it with every change of a year file.
    pub const SHIPPED_VERSION: &'static str = "cn-2026.1";
    /// The longest period that is counted, in its own unit.
    pub const LENGTH_MAX: u32 = 3_660;

    /// The calendar of the years that come with this release.
    #[must_use]
    pub fn shipped() -> Self {
        static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
            let years = SHIPPED
                .iter()
                .map(|json| YearData::parse(json).expect("a test reads every shipped year"))
                .map(|year| (year.year(), Arc::new(year)))
                .collect();
            Calendar::of(Calendar::SHIPPED_VERSION, years, BTreeMap::new())
        });
        CALENDAR.clone()
    }

    /// The files of the shipped years, in order.
    #[must_use]
    pub const fn shipped_files() -> &'static [&'static str] {
        &SHIPPED
    }

    /// The calendar of another release: its version, and the files of its years.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub fn of_release(version: &str, files: &[String]) -> Result<Self, CalendarError> {
        let mut years = BTreeMap::new();
        for json in files {
            let year = YearData::parse(json)?;
            years.insert(year.year(), Arc::new(year));
        }
        Ok(Self::of(version, years, BTreeMap::new()))
    }

    /// This calendar with one more year, or with a newer file for a year it has.
    ///
    /// # Errors
    /// When the file cannot be used (see [`YearData::parse`]), or is a draft of a published year.
    pub fn with_year(&self, json: &str) -> Result<Self, CalendarError> {
        let year = YearData::parse(json)?;
        if !year.is_published() && self.is_published(year.year()) {
            return Err(CalendarError::AlreadyPublished { year: year.year() });
        }
        let mut digest = crate::hex_digest(json.as_bytes());
        digest.truncate(8);
        let mut loaded = self.inner.loaded.clone();
        loaded.insert(year.year(), digest);
        let mut years = self.inner.years.clone();
        years.insert(year.year(), Arc::new(year));
        Ok(Self::of(self.base(), years, loaded))
    }

    /// The version without the years that were loaded.
    fn base(&self) -> &str {
        self.inner.version.split('+').next().unwrap_or_default()
    }

    fn of(base: &str, years: BTreeMap<i16, Arc<YearData>>, loaded: BTreeMap<i16, String>) -> Self {
        let mut marks = BTreeMap::new();
        for year in years.values() {
            for (date, mark) in year.marks() {
                // A draft has no say over the days of another year: they would look published.
                if year.is_published() || date.year() == year.year() {
                    marks.insert(*date, mark.clone());
                }
            }
        }
        let mut version = base.to_owned();
        for (year, digest) in &loaded {
            version.push_str(&format!("+{year}@{digest}"));
        }
        Self { inner: Arc::new(Inner { years, marks, loaded, version }) }
    }

    /// What this calendar is called in explanations; changes with every year loaded.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.inner.version
    }

    /// The years this calendar has, in order, with their notices.
    pub fn years(&self) -> impl Iterator<Item = &YearData> {
        self.inner.years.values().map(Arc::as_ref)
    }

    /// Whether the holidays of this year are published and known.
    #[must_use]
    pub fn is_published(&self, year: i16) -> bool {
        self.inner.years.get(&year).is_some_and(|year| year.is_published())
    }

    /// What kind of day this is; without a published year a guess from the weekday, and marked so.
    #[must_use]
    pub fn day(&self, date: Date) -> Day {
        let kind = match self.inner.marks.get(&date) {
            Some(Mark::Holiday(name)) => DayKind::Holiday { name: name.clone() },
            Some(Mark::MakeUp(name)) => DayKind::MakeUpWorkday { exchanged_for: name.clone() },
            None if is_weekend(date) => DayKind::Weekend,
            None => DayKind::WorkingDay,
        };
        Day { kind, provisional: !self.is_published(date.year()) }
    }

    /// Whether this day is worked.
    ///
    /// # Errors
    /// When the year is not published: a guess is not an answer.
    pub fn is_working_day(&self, date: Date) -> Result<bool, CalendarError> {
        let day = self.day(date);
        if day.provisional {
            return Err(CalendarError::YearNotPublished { year: date.year() });
        }
        Ok(day.is_worked())
    }

    /// The working day that is `days` after `start`; `start` itself is not counted (民法典 Art. 201).
    ///
    /// # Errors
    /// A start before the first year kept, a period longer than [`Self::LENGTH_MAX`], or an end
    /// beyond the year 9999. An unpublished year is no error: the result is provisional.
    pub fn after_working_days(&self, start: Date, days: u32) -> Result<Explanation, CalendarError> {
        self.after_working_days_without(start, days, &[])
    }

    /// The same, where the days of `paused` are not counted: the period stood still on them.
    ///
    /// # Errors
    /// As [`Self::after_working_days`].
    pub fn after_working_days_without(
        &self,
        start: Date,
        days: u32,
        paused: &[PausedDays],
    ) -> Result<Explanation, CalendarError> {
        let mut sum = self.begin(start, Unit::WorkingDays, days)?;
        let mut counted = 0;
        while counted < days {
            sum.due_on = tomorrow(sum.due_on)?;
            if is_paused(sum.due_on, paused) {
                sum.pause(sum.due_on);
            } else if sum.visit(sum.due_on, self.day(sum.due_on)) {
                counted += 1;
            }
        }
        Ok(sum)
    }

    /// The day that is `days` calendar days (自然日) after `start`, which itself is not counted.
    ///
    /// With `roll_forward`, a last day that is off moves to the next working day (民法典 Art. 203).
    /// Without it no holiday matters, and the result is never provisional.
    ///
    /// # Errors
    /// As [`Self::after_working_days`].
    pub fn after_calendar_days(
        &self,
        start: Date,
        days: u32,
        roll_forward: bool,
    ) -> Result<Explanation, CalendarError> {
        self.after_calendar_days_without(start, days, roll_forward, &[])
    }

    /// The same, where the days of `paused` are not counted: the period stood still on them.
    ///
    /// # Errors
    /// As [`Self::after_working_days`].
    pub fn after_calendar_days_without(
        &self,
        start: Date,
        days: u32,
        roll_forward: bool,
        paused: &[PausedDays],
    ) -> Result<Explanation, CalendarError> {
        let mut sum = self.begin(start, Unit::CalendarDays, days)?;
        let mut counted = 0;
        while counted < days {
            sum.due_on = tomorrow(sum.due_on)?;
            if is_paused(sum.due_on, paused) {
                sum.pause(sum.due_on);
            } else {
                counted += 1;
            }
        }
        let last = sum.due_on;
        if roll_forward {
            loop {
                let on = sum.due_on;
                let stands = is_paused(on, paused);
                if stands {
                    sum.pause(on);
                } else if sum.visit(on, self.day(on)) {
                    break;
                }
                sum.due_on = tomorrow(on)?;
                sum.moved_from = Some(last);
            }
        }
        Ok(sum)
    }

    /// The working days after `start` up to and including `end`; none when `end` is not later.
    ///
    /// # Errors
    /// A start before the first year kept, or more than ten times [`Self::LENGTH_MAX`] days between.
    pub fn working_days_between(&self, start: Date, end: Date) -> Result<Elapsed, CalendarError> {
        let mut sum = self.begin(start, Unit::WorkingDays, 0)?;
        let span_max = i64::from(Self::LENGTH_MAX) * 10;
        if start.duration_until(end).as_hours() / 24 > span_max {
            return Err(CalendarError::TooLong { max: Self::LENGTH_MAX });
        }
        let mut days = 0;
        while sum.due_on < end {
            sum.due_on = tomorrow(sum.due_on)?;
            if sum.visit(sum.due_on, self.day(sum.due_on)) {
                days += 1;
            }
        }
        Ok(Elapsed { days, provisional: sum.provisional })
    }

    fn begin(&self, start: Date, unit: Unit, days: u32) -> Result<Explanation, CalendarError> {
        if start.year() < YearData::FIRST_YEAR {
            return Err(CalendarError::BeforeFirstYear { year: start.year() });
        }
        if days > Self::LENGTH_MAX {
            return Err(CalendarError::TooLong { max: Self::LENGTH_MAX });
        }
        Ok(Explanation::begin(start, unit, days, self.version()))
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({})", self.version())
    }
}

/// One day, as the calendar has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// What it is.
    pub kind: DayKind,
    /// Whether that is a guess, because its year is not published.
    pub provisional: bool,
}

impl Day {
    /// Whether people work on it.
    #[must_use]
    pub const fn is_worked(&self) -> bool {
        match self.kind {
            DayKind::WorkingDay | DayKind::MakeUpWorkday { .. } => true,
            DayKind::Weekend | DayKind::Holiday { .. } => false,
        }
    }
}

/// What a day is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// A weekday that is worked.
    WorkingDay,
    /// A weekend day that is worked (调休上班).
    MakeUpWorkday {
        /// The holiday it was exchanged for.
        exchanged_for: String,
    },
    /// A Saturday or Sunday that is off.
    Weekend,
    /// A day the notice names as off.
    Holiday {
        /// Such as 国庆节.
        name: String,
    },
}

/// Working days that have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    /// How many.
    pub days: u32,
    /// Whether a year among them is not published.
    pub provisional: bool,
}

/// The calendar has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Nobody knows yet.
    #[error("the holidays of {year} are not known; load the year once its notice is published")]
    YearNotPublished {
        /// The year.
        year: i16,
    },
    /// Too long ago.
    #[error(
        "no calendar is kept for {year}, only from {first} on; check the date",
        first = YearData::FIRST_YEAR
    )]
    BeforeFirstYear {
        /// The year.
        year: i16,
    },
    /// A draft may not replace what is published.
    #[error("{year} is published already; load the published year, not a draft")]
    AlreadyPublished {
        /// The year.
        year: i16,
    },
    /// Nobody waits that long.
    #[error("the period is longer than {max} days; check its length and unit")]
    TooLong {
        /// The limit.
        max: u32,
    },
    /// Beyond the year 9999.
    #[error("the period ends beyond the year 9999; check its start")]
    OutOfRange,
    /// The year file cannot be used.
    #[error(transparent)]
    Year(#[from] YearError),
}

/// Days on which a period stood still: from one day up to, and without, another. The day on which
/// it stops is not counted, the day on which it goes on is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PausedDays {
    /// The first that is not counted.
    pub from: Date,
    /// The first that is counted again.
    pub until: Date,
}

fn is_paused(date: Date, paused: &[PausedDays]) -> bool {
    paused.iter().any(|days| days.from <= date && date < days.until)
}

fn tomorrow(date: Date) -> Result<Date, CalendarError> {
    date.tomorrow().map_err(|_| CalendarError::OutOfRange)
}

const SHIPPED: [&str; 23] = [
    include_str!("years/2004.json"),
    include_str!("years/2005.json"),
    include_str!("years/2006.json"),
    include_str!("years/2007.json"),
    include_str!("years/2008.json"),
    include_str!("years/2009.json"),
    include_str!("years/2010.json"),
    include_str!("years/2011.json"),
    include_str!("years/2012.json"),
    include_str!("years/2013.json"),
    include_str!("years/2014.json"),
    include_str!("years/2015.json"),
    include_str!("years/2016.json"),
    include_str!("years/2017.json"),
    include_str!("years/2018.json"),
    include_str!("years/2019.json"),
    include_str!("years/2020.json"),
    include_str!("years/2021.json"),
    include_str!("years/2022.json"),
    include_str!("years/2023.json"),
    include_str!("years/2024.json"),
    include_str!("years/2025.json"),
    include_str!("years/2026.json"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A made-up notice: 2027 is not published when this is written.
    const YEAR_2027: &str = r#"{
        "year": 2027, "notice": "国办发明电〔2026〕0号", "notice_certainty": "M", "published": true,
        "holidays": [
            { "date": "2026-12-31", "name": "元旦" },
            { "date": "2027-01-01", "name": "元旦" },
            { "date": "2027-01-02", "name": "元旦" }
        ],
        "workdays": [{ "date": "2026-12-27", "for": "元旦" }]
    }"#;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn every_shipped_year_reads_and_none_is_missing() {
        let calendar = Calendar::shipped();
        let years: Vec<i16> = calendar.years().map(YearData::year).collect();
        assert_eq!(years, (2004..=2026).collect::<Vec<i16>>());
        assert!(calendar.years().all(YearData::is_published));
        let notice = calendar.years().last().and_then(YearData::notice);
        assert_eq!(notice, Some("国办发明电〔2025〕7号"));
    }

    #[test]
    fn a_day_knows_what_it_is() {
        let calendar = Calendar::shipped();
        let holiday = |name: &str| DayKind::Holiday { name: name.to_owned() };
        let make_up = |name: &str| DayKind::MakeUpWorkday { exchanged_for: name.to_owned() };
        for (day, kind) in [
            ("2026-09-30", DayKind::WorkingDay),
            ("2026-10-01", holiday("国庆节")),
            ("2026-10-10", make_up("国庆节")),
            ("2026-10-11", DayKind::Weekend),
            ("2018-12-29", make_up("元旦")),
            ("2018-12-31", holiday("元旦")),
            ("2020-02-01", holiday("春节")),
            ("2016-10-09", make_up("国庆节")),
        ] {
            assert_eq!(calendar.day(date(day)), Day { kind, provisional: false }, "{day}");
        }
    }

    #[test]
    fn working_days_are_counted_from_the_day_after() {
        let calendar = Calendar::shipped();
        for (start, days, due) in [
            ("2026-09-30", 10, "2026-10-20"),
            ("2026-02-13", 1, "2026-02-14"),
            ("2026-02-13", 2, "2026-02-24"),
            ("2026-09-19", 1, "2026-09-20"),
            ("2024-02-09", 1, "2024-02-18"),
            ("2016-10-07", 2, "2016-10-09"),
            ("2008-12-31", 1, "2009-01-04"),
            ("2026-03-02", 0, "2026-03-02"),
        ] {
            let sum = calendar.after_working_days(date(start), days).unwrap();
            assert_eq!(sum.due_on, date(due), "{start} + {days}");
            assert!(!sum.provisional);
        }
    }

    #[test]
    fn a_calendar_day_that_is_off_moves_to_the_next_working_day() {
        let calendar = Calendar::shipped();
        for (start, days, plain, rolled) in [
            ("2026-08-02", 60, "2026-10-01", "2026-10-08"),
            ("2026-10-05", 5, "2026-10-10", "2026-10-10"),
            ("2026-10-05", 6, "2026-10-11", "2026-10-12"),
            ("2026-03-02", 1, "2026-03-03", "2026-03-03"),
        ] {
            let sum = calendar.after_calendar_days(date(start), days, false).unwrap();
            assert_eq!((sum.due_on, sum.moved_from), (date(plain), None));
            let sum = calendar.after_calendar_days(date(start), days, true).unwrap();
            assert_eq!(sum.due_on, date(rolled));
            assert_eq!(sum.moved_from, (plain != rolled).then(|| date(plain)));
        }
    }

    #[test]
    fn an_unpublished_year_is_never_silent() {
        let calendar = Calendar::shipped();
        let sum = calendar.after_working_days(date("2026-12-30"), 3).unwrap();
        assert!(sum.provisional);
        assert_eq!((sum.due_on, sum.provisional_years), (date("2027-01-04"), vec![2027]));
        assert!(calendar.after_calendar_days(date("2026-12-01"), 60, true).unwrap().provisional);
        assert!(calendar.day(date("2027-01-04")).provisional);
        assert_eq!(
            calendar.is_working_day(date("2027-01-04")),
            Err(CalendarError::YearNotPublished { year: 2027 })
        );
        let elapsed = calendar.working_days_between(date("2026-12-30"), date("2027-01-04"));
        assert_eq!(elapsed, Ok(Elapsed { days: 3, provisional: true }));
    }

    #[test]
    fn a_loaded_year_replaces_the_guess_and_may_move_the_december_before() {
        let before = Calendar::shipped();
        let after = before.with_year(YEAR_2027).unwrap();
        let sum = after.after_working_days(date("2026-12-30"), 1).unwrap();
        assert_eq!((sum.due_on, sum.provisional), (date("2027-01-04"), false));
        assert_eq!(before.is_working_day(date("2026-12-31")), Ok(true));
        assert_eq!(after.is_working_day(date("2026-12-31")), Ok(false));
        assert_eq!(after.is_working_day(date("2026-12-27")), Ok(true));
        assert_eq!(before.version(), "cn-2026.1");
        assert_eq!(after.version().len(), "cn-2026.1+2027@01234567".len());
        assert!(after.version().starts_with("cn-2026.1+2027@"));
        assert_eq!(sum.calendar, after.version());
        assert_eq!(after.with_year(YEAR_2027).unwrap().version(), after.version());
    }

    #[test]
    fn a_draft_stays_provisional_and_touches_no_published_day() {
        let draft = YEAR_2027.replace("true", "false");
        let calendar = Calendar::shipped().with_year(&draft).unwrap();
        assert_eq!(calendar.is_working_day(date("2026-12-31")), Ok(true));
        let new_year = calendar.day(date("2027-01-01"));
        assert!(new_year.provisional && !new_year.is_worked());
        assert!(calendar.is_working_day(date("2027-01-01")).is_err());
        let published = calendar.with_year(YEAR_2027).unwrap();
        assert_eq!(published.is_working_day(date("2027-01-01")), Ok(false));
        assert_eq!(
            published.with_year(&draft).unwrap_err(),
            CalendarError::AlreadyPublished { year: 2027 }
        );
    }

    #[test]
    fn before_the_first_year_and_beyond_all_patience_there_is_no_answer() {
        let calendar = Calendar::shipped();
        let old = date("2003-12-31");
        let too_old = CalendarError::BeforeFirstYear { year: 2003 };
        assert_eq!(calendar.after_working_days(old, 1).unwrap_err(), too_old);
        assert_eq!(calendar.after_calendar_days(old, 1, true).unwrap_err(), too_old);
        assert_eq!(calendar.working_days_between(old, date("2004-01-05")).unwrap_err(), too_old);
        assert!(calendar.is_working_day(old).is_err());
        let too_long = CalendarError::TooLong { max: Calendar::LENGTH_MAX };
        let start = date("2026-01-01");
        assert_eq!(calendar.after_working_days(start, u32::MAX).unwrap_err(), too_long);
        assert_eq!(calendar.working_days_between(start, Date::MAX).unwrap_err(), too_long);
        let out = calendar.after_working_days(date("9999-12-30"), 5).unwrap_err();
        assert_eq!(out, CalendarError::OutOfRange);
        let out = calendar.after_calendar_days(date("9999-12-30"), 5, false).unwrap_err();
        assert_eq!(out, CalendarError::OutOfRange);
    }

    #[test]
    fn what_has_elapsed_agrees_with_what_is_due() {
        let calendar = Calendar::shipped();
        let start = date("2026-09-19");
        for days in 0..80 {
            let due = calendar.after_working_days(start, days).unwrap();
            let elapsed = calendar.working_days_between(start, due.due_on).unwrap();
            assert_eq!(elapsed, Elapsed { days, provisional: due.provisional });
        }
        let none = calendar.working_days_between(start, date("2026-09-01")).unwrap();
        assert_eq!(none.days, 0);
    }
}
