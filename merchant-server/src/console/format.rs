//! Times, deadlines and amounts as a clerk reads them.

use green_channel::calendar::Calendar;
use green_channel::money::Fen;
use green_channel::time::{Date, Timestamp};

use super::pages::parts::{Due, Tone};

const HOUR: i64 = 3_600_000;

/// `11月24日 10:05`
pub(super) fn moment(at: Timestamp) -> String {
    let time = at.civil_time();
    format!("{} {}", day(at.civil_date()), &time[..5])
}

/// `2026年11月26日 10:05`
pub(super) fn moment_full(at: Timestamp) -> String {
    let time = at.civil_time();
    format!("{} {}", full_day(at.civil_date()), time.get(..5).unwrap_or(&time))
}

/// `11月24日`
pub(super) fn day(date: Date) -> String {
    format!("{}月{}日", date.month(), date.day())
}

/// `2026年11月24日`
pub(super) fn full_day(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// `¥1,299.00`, or nothing.
pub(super) fn amount(fen: Option<i64>) -> String {
    fen.map(|fen| Fen::new(fen).to_string()).unwrap_or_default()
}

/// A deadline in a few words.
pub(super) fn due(
    label: &str,
    due_at: Timestamp,
    stopped_at: Option<Timestamp>,
    now: Timestamp,
    calendar: &Calendar,
) -> Due {
    let end = stopped_at.unwrap_or(now);
    let over = end.millis_since(due_at);
    let running = stopped_at.is_none();
    let (remaining, tone) = if over > 0 {
        (format!("已超期 {}", span(over)), Tone::Bad)
    } else if running {
        let soon = -over < 24 * HOUR;
        (left(due_at, now, calendar), if soon { Tone::Warn } else { Tone::Busy })
    } else {
        ("按时完成".to_owned(), Tone::Good)
    };
    Due {
        label: label.to_owned(),
        by: by(due_at),
        remaining,
        due_ms: due_at.as_millis(),
        tone,
        running,
    }
}

/// A deadline that ends with a day is told as the day.
pub(super) fn by(due_at: Timestamp) -> String {
    let date = due_at.civil_date();
    if due_at == Timestamp::end_of(date) { format!("{} 24:00", day(date)) } else { moment(due_at) }
}

/// What is left: working days while there are some, then hours and minutes.
fn left(due_at: Timestamp, now: Timestamp, calendar: &Calendar) -> String {
    let millis = due_at.millis_since(now);
    let days = calendar.working_days_between(now.civil_date(), due_at.civil_date());
    match days {
        Ok(left) if left.days >= 1 && millis >= 24 * HOUR => {
            format!("还剩 {} 个工作日", left.days)
        }
        _ => format!("还剩 {}", span(millis)),
    }
}

/// `3 天 4 小时`, `5 小时 10 分`, `2 分钟`
fn span(millis: i64) -> String {
    let minutes = (millis / 60_000).max(1);
    let (days, hours) = (minutes / 1440, minutes % 1440 / 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} 分钟"),
        (0, hours) => format!("{hours} 小时 {} 分", minutes % 60),
        (days, hours) => format!("{days} 天 {hours} 小时"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_told_in_the_unit_that_helps() {
        let calendar = Calendar::shipped();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let end = Timestamp::end_of("2026-12-01".parse().unwrap());
        for (now, expect, tone) in [
            ("2026-11-24T10:00:00+08:00", "还剩 5 个工作日", Tone::Busy),
            ("2026-12-01T10:00:00+08:00", "还剩 13 小时 59 分", Tone::Warn),
            ("2026-12-01T23:59:30+08:00", "还剩 1 分钟", Tone::Warn),
            ("2026-12-03T02:00:00+08:00", "已超期 1 天 2 小时", Tone::Bad),
        ] {
            let shown = due("协商和解", end, None, at(now), &calendar);
            assert_eq!((shown.remaining.as_str(), shown.tone), (expect, tone), "{now}");
            assert_eq!(shown.by, "12月1日 24:00");
        }
    }
}
