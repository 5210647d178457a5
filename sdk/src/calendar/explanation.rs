//! Why a deadline falls on its day: every day skipped, with the reason, in data and in Chinese.
//!
//! Written by the calendar while it counts, so that the explanation cannot differ from the sum.
//! Knows nothing of what is being waited for.

use serde::{Deserialize, Serialize};

use super::working_days::{Day, DayKind};
use crate::time::{Date, iso_date};

/// A deadline and the sum that gave it (为什么是这个期限).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// The day the period hangs on; itself not counted (民法典 Art. 201).
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub start_on: Date,
    /// The last day in time, until 24:00.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub due_on: Date,
    /// What was counted.
    pub unit: Unit,
    /// How many of them.
    pub length: u32,
    /// The version of the calendar.
    pub calendar: String,
    /// Whether the sum rests on a year whose holidays are not published.
    pub provisional: bool,
    /// Those years.
    pub provisional_years: Vec<i16>,
    /// The runs of days that were not counted, or over which the last day moved.
    pub skipped: Vec<Skipped>,
    /// The weekend days that were counted because they are worked.
    pub make_up: Vec<MakeUp>,
    /// The last day before it moved on to a working day, where it did (民法典 Art. 203).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "iso_date::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub moved_from: Option<Date>,
}

/// What a period is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 工作日.
    WorkingDays,
    /// 自然日.
    CalendarDays,
}

/// A run of days off with one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Skipped {
    /// Its first day.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub from: Date,
    /// Its last day.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub to: Date,
    /// How many days.
    pub days: u32,
    /// Why they are off.
    pub why: SkipReason,
}

/// Why a day is not a working day.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SkipReason {
    /// The clock stood still: the period was suspended on these days.
    Paused,
    /// A Saturday or Sunday.
    Weekend,
    /// A holiday of the notice, or a weekday exchanged for it.
    Holiday {
        /// Its name, such as 国庆节.
        name: String,
    },
}

/// A weekend day that is worked (调休上班).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MakeUp {
    /// The day.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub date: Date,
    /// The holiday it was exchanged for.
    #[serde(rename = "for")]
    pub exchanged_for: String,
}

impl Explanation {
    /// An empty sum; [`Self::visit`] fills it while the calendar walks.
    pub(super) fn begin(start_on: Date, unit: Unit, length: u32, calendar: &str) -> Self {
        Self {
            start_on,
            due_on: start_on,
            unit,
            length,
            calendar: calendar.to_owned(),
            provisional: false,
            provisional_years: Vec::new(),
            skipped: Vec::new(),
            make_up: Vec::new(),
            moved_from: None,
        }
    }

    /// Notes one day of the walk and says whether it is a working day.
    pub(super) fn visit(&mut self, date: Date, day: Day) -> bool {
        if day.provisional && self.provisional_years.last() != Some(&date.year()) {
            self.provisional = true;
            self.provisional_years.push(date.year());
        }
        match day.kind {
            DayKind::WorkingDay => true,
            DayKind::MakeUpWorkday { exchanged_for } => {
                self.make_up.push(MakeUp { date, exchanged_for });
                true
            }
            DayKind::Weekend => {
                self.skip(date, SkipReason::Weekend);
                false
            }
            DayKind::Holiday { name } => {
                self.skip(date, SkipReason::Holiday { name });
                false
            }
        }
    }

    /// Notes a day on which the clock stood still.
    pub(super) fn pause(&mut self, date: Date) {
        self.skip(date, SkipReason::Paused);
    }

    fn skip(&mut self, date: Date, why: SkipReason) {
        match self.skipped.last_mut() {
            Some(run) if run.why == why && run.to.tomorrow().ok() == Some(date) => {
                run.to = date;
                run.days += 1;
            }
            Some(_) | None => self.skipped.push(Skipped { from: date, to: date, days: 1, why }),
        }
    }

    /// The sum in a sentence for the page: holidays by date, weekends as a number.
    #[must_use]
    pub fn sentence_zh(&self) -> String {
        let mut text = String::new();
        if self.length > 0 {
            text.push_str(&format!("从{}（次日起算）起", zh(self.start_on)));
            text.push_str(&match self.unit {
                Unit::WorkingDays => self.working_days_zh(),
                Unit::CalendarDays => self.calendar_days_zh(),
            });
            text.push('，');
        }
        text.push_str(&format!("截止{}24时", zh(self.due_on)));
        if self.provisional {
            let years: Vec<String> =
                self.provisional_years.iter().map(|year| format!("{year}年")).collect();
            text.push_str(&format!(
                "（{}放假安排尚未公布，暂按周末推算，公布后重新计算）",
                years.join("、")
            ));
        }
        text
    }

    fn working_days_zh(&self) -> String {
        let mut text = format!("第{}个工作日", self.length);
        let weekend_days: u32 = self
            .skipped
            .iter()
            .filter(|run| run.why == SkipReason::Weekend)
            .map(|run| run.days)
            .sum();
        let mut skipped: Vec<String> = Vec::new();
        if weekend_days > 0 {
            skipped.push(format!("周末{weekend_days}天"));
        }
        let paused_days: u32 = self.paused_days();
        if paused_days > 0 {
            skipped.push(format!("暂停{paused_days}天"));
        }
        for run in &self.skipped {
            match &run.why {
                SkipReason::Weekend | SkipReason::Paused => {}
                SkipReason::Holiday { name } => skipped.push(self.run_zh(run, name)),
            }
        }
        if !skipped.is_empty() {
            text.push_str(&format!("，跳过{}", skipped.join("、")));
        }
        if !self.make_up.is_empty() {
            let days: Vec<String> =
                self.make_up.iter().map(|day| self.short_zh(day.date)).collect();
            text.push_str(&format!("，{}调休上班计入", days.join("、")));
        }
        text
    }

    fn calendar_days_zh(&self) -> String {
        let mut text = format!("第{}个自然日", self.length);
        if self.paused_days() > 0 {
            text.push_str(&format!("，跳过暂停{}天", self.paused_days()));
        }
        if let Some(last) = self.moved_from {
            let mut reasons: Vec<&str> = Vec::new();
            for run in &self.skipped {
                let reason = match &run.why {
                    SkipReason::Paused => continue,
                    SkipReason::Weekend => "周末",
                    SkipReason::Holiday { name } => name.as_str(),
                };
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
            text.push_str(&format!("为{}，逢{}顺延", zh(last), reasons.join("、")));
        }
        text
    }

    fn paused_days(&self) -> u32 {
        let paused = self.skipped.iter().filter(|run| run.why == SkipReason::Paused);
        paused.map(|run| run.days).sum()
    }

    fn run_zh(&self, run: &Skipped, name: &str) -> String {
        if run.from == run.to {
            format!("{}{name}", self.short_zh(run.from))
        } else {
            format!("{}至{}{name}", self.short_zh(run.from), self.short_zh(run.to))
        }
    }

    /// A date without its year where that is the year of the start.
    fn short_zh(&self, date: Date) -> String {
        if date.year() == self.start_on.year() {
            format!("{}月{}日", date.month(), date.day())
        } else {
            zh(date)
        }
    }
}

impl Skipped {
    /// The days in Chinese: `10月1日至10月8日`.
    #[must_use]
    pub fn days_zh(&self) -> String {
        let day = |date: Date| format!("{}月{}日", date.month(), date.day());
        if self.from == self.to {
            day(self.from)
        } else {
            format!("{}至{}", day(self.from), day(self.to))
        }
    }

    /// Why they do not count, in Chinese: `周末`, `国庆节`.
    #[must_use]
    pub fn why_zh(&self) -> String {
        match &self.why {
            SkipReason::Weekend => "周末".to_owned(),
            SkipReason::Paused => "计时暂停".to_owned(),
            SkipReason::Holiday { name } => name.clone(),
        }
    }
}

fn zh(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendar;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_sentence_names_what_was_skipped_and_what_was_counted() {
        let calendar = Calendar::shipped();
        for (start, days, expect) in [
            (
                "2026-09-30",
                10,
                "从2026年9月30日（次日起算）起第10个工作日，跳过周末3天、10月1日至10月7日国庆节，\
                 10月10日调休上班计入，截止2026年10月20日24时",
            ),
            ("2026-03-02", 1, "从2026年3月2日（次日起算）起第1个工作日，截止2026年3月3日24时"),
            (
                "2018-12-28",
                2,
                "从2018年12月28日（次日起算）起第2个工作日，跳过12月30日至2019年1月1日元旦，\
                 12月29日调休上班计入，截止2019年1月2日24时",
            ),
            (
                "2026-12-30",
                2,
                "从2026年12月30日（次日起算）起第2个工作日，截止2027年1月1日24时\
                 （2027年放假安排尚未公布，暂按周末推算，公布后重新计算）",
            ),
            ("2026-03-02", 0, "截止2026年3月2日24时"),
        ] {
            let sum = calendar.after_working_days(date(start), days).unwrap();
            assert_eq!(sum.sentence_zh(), expect);
        }
    }

    #[test]
    fn the_sentence_says_why_the_last_calendar_day_moved() {
        let calendar = Calendar::shipped();
        for (start, days, expect) in [
            (
                "2026-08-02",
                60,
                "从2026年8月2日（次日起算）起第60个自然日为2026年10月1日，逢国庆节顺延，\
                 截止2026年10月8日24时",
            ),
            (
                "2026-03-02",
                5,
                "从2026年3月2日（次日起算）起第5个自然日为2026年3月7日，逢周末顺延，\
                 截止2026年3月9日24时",
            ),
            ("2026-03-02", 3, "从2026年3月2日（次日起算）起第3个自然日，截止2026年3月5日24时"),
        ] {
            let sum = calendar.after_calendar_days(date(start), days, true).unwrap();
            assert_eq!(sum.sentence_zh(), expect);
        }
    }

    #[test]
    fn the_explanation_survives_json_and_reads_like_this() {
        let sum = Calendar::shipped().after_working_days(date("2026-09-30"), 1).unwrap();
        let json = serde_json::to_value(&sum).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "start_on": "2026-09-30",
                "due_on": "2026-10-08",
                "unit": "working_days",
                "length": 1,
                "calendar": Calendar::SHIPPED_VERSION,
                "provisional": false,
                "provisional_years": [],
                "skipped": [{
                    "from": "2026-10-01",
                    "to": "2026-10-07",
                    "days": 7,
                    "why": {"kind": "holiday", "name": "国庆节"}
                }],
                "make_up": []
            })
        );
        assert_eq!(serde_json::from_value::<Explanation>(json).unwrap(), sum);
    }

    #[test]
    fn weekends_and_holidays_are_runs_of_their_own() {
        let sum = Calendar::shipped().after_working_days(date("2026-10-08"), 3).unwrap();
        assert_eq!(
            sum.make_up,
            [MakeUp { date: date("2026-10-10"), exchanged_for: "国庆节".to_owned() }]
        );
        assert_eq!(sum.skipped.len(), 1);
        assert_eq!(sum.skipped[0].why, SkipReason::Weekend);
        assert_eq!(sum.skipped[0].from, date("2026-10-11"));
        assert_eq!(sum.due_on, date("2026-10-12"));
    }
}
