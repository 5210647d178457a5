//! The arithmetic of deadlines: start, length, extension and pauses give a due date. A table that
//! can be counted along on a calendar, made with `tests/oracles/calendar`, and what holds for every
//! clock whatever it goes through.

use green_channel::calendar::Calendar;
use green_channel::case::{Clock, ClockKind, ClockRule, ClockStart, ClockUnit, OnExpiry, Pause};
use green_channel::time::{DAY_MILLIS, Date, Timestamp};
use proptest::prelude::*;

const MINUTE_MILLIS: i64 = 60_000;

/// 单位 — 起算 — 长度 — 延长 — 暂停（起/止） — 届满。
///
/// 按日计算的，起算当日不计，届满日24时截止；暂停之日不计，恢复之日计入。自然日的最后一日是休息日
/// 的，顺延至下一工作日。按小时计算的，自起算时刻起，停掉的时间原样顺延。
const DUE: [(&str, &str, u32, u32, &str, &str); 50] = [
    // 一般情形
    ("工作日", "2026-11-24T10:00", 10, 0, "", "2026-12-08"),
    ("工作日", "2026-11-24T00:00", 10, 0, "", "2026-12-08"),
    ("工作日", "2026-11-24T23:59", 10, 0, "", "2026-12-08"),
    ("工作日", "2026-11-24T10:00", 1, 0, "", "2026-11-25"),
    ("工作日", "2026-11-27T10:00", 1, 0, "", "2026-11-30"),
    ("工作日", "2026-11-28T10:00", 1, 0, "", "2026-11-30"),
    ("工作日", "2026-09-30T10:00", 10, 0, "", "2026-10-20"),
    ("工作日", "2026-02-13T10:00", 1, 0, "", "2026-02-14"),
    ("自然日", "2026-11-24T10:00", 10, 0, "", "2026-12-04"),
    ("自然日", "2026-11-24T10:00", 4, 0, "", "2026-11-30"),
    ("自然日", "2026-09-24T10:00", 7, 0, "", "2026-10-08"),
    ("小时", "2026-11-24T10:00", 24, 0, "", "2026-11-25T10:00"),
    ("小时", "2026-11-27T18:30", 24, 0, "", "2026-11-28T18:30"),
    // 同日暂停、同日恢复：按日计算的期限一天不少，按小时计算的顺延停掉的时间
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-11-26T09:00/2026-11-26T17:00", "2026-12-08"),
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-12-08T09:00/2026-12-08T17:00", "2026-12-08"),
    ("自然日", "2026-11-24T10:00", 10, 0, "2026-11-26T09:00/2026-11-26T17:00", "2026-12-04"),
    ("小时", "2026-11-24T10:00", 24, 0, "2026-11-24T12:00/2026-11-24T15:30", "2026-11-25T13:30"),
    ("小时", "2026-11-24T10:00", 24, 0, "2026-11-24T12:00/2026-11-24T12:00", "2026-11-25T10:00"),
    // 立案当日暂停：当日本来不计
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-11-24T10:00/2026-11-25T10:00", "2026-12-08"),
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-11-24T10:00/2026-11-26T10:00", "2026-12-09"),
    ("小时", "2026-11-24T10:00", 24, 0, "2026-11-24T10:00/2026-11-26T10:00", "2026-11-27T10:00"),
    // 跨周末、跨节假日、跨调休上班日暂停
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-11-27T10:00/2026-11-30T10:00", "2026-12-09"),
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-11-28T10:00/2026-11-30T10:00", "2026-12-08"),
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-11-28T10:00/2026-11-29T10:00", "2026-12-08"),
    ("自然日", "2026-11-24T10:00", 10, 0, "2026-11-28T10:00/2026-11-30T10:00", "2026-12-07"),
    ("工作日", "2026-09-28T10:00", 10, 0, "2026-09-30T10:00/2026-10-09T10:00", "2026-10-20"),
    ("工作日", "2026-09-28T10:00", 10, 0, "2026-10-01T10:00/2026-10-08T10:00", "2026-10-16"),
    ("工作日", "2026-09-28T10:00", 10, 0, "2026-10-10T09:00/2026-10-11T09:00", "2026-10-19"),
    ("自然日", "2026-09-28T10:00", 10, 0, "2026-10-01T10:00/2026-10-08T10:00", "2026-10-15"),
    ("工作日", "2026-02-09T10:00", 5, 0, "2026-02-12T10:00/2026-02-25T10:00", "2026-02-27"),
    ("小时", "2026-09-30T20:00", 24, 0, "2026-09-30T22:00/2026-10-08T08:00", "2026-10-09T06:00"),
    // 最后一日暂停；暂停到原期限之后
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-12-08T10:00/2026-12-10T10:00", "2026-12-10"),
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-11-25T10:00/2026-12-31T10:00", "2027-01-13"),
    ("工作日", "2026-11-24T10:00", 10, 0, "2026-12-09T10:00/2026-12-11T10:00", "2026-12-08"),
    ("自然日", "2026-11-24T10:00", 10, 0, "2026-12-04T10:00/2026-12-06T10:00", "2026-12-07"),
    // 两次暂停
    (
        "工作日",
        "2026-11-24T10:00",
        10,
        0,
        "2026-11-25T10:00/2026-11-27T10:00 2026-12-01T10:00/2026-12-03T10:00",
        "2026-12-14",
    ),
    (
        "工作日",
        "2026-11-24T10:00",
        10,
        0,
        "2026-11-25T10:00/2026-11-27T10:00 2026-11-27T15:00/2026-11-30T10:00",
        "2026-12-11",
    ),
    (
        "工作日",
        "2026-11-24T10:00",
        10,
        0,
        "2026-12-07T10:00/2026-12-09T10:00 2026-12-10T10:00/2026-12-14T10:00",
        "2026-12-14",
    ),
    (
        "自然日",
        "2026-11-24T10:00",
        10,
        0,
        "2026-11-25T10:00/2026-11-27T10:00 2026-12-01T10:00/2026-12-03T10:00",
        "2026-12-08",
    ),
    (
        "小时",
        "2026-11-24T10:00",
        24,
        0,
        "2026-11-24T12:00/2026-11-24T14:00 2026-11-24T20:00/2026-11-25T08:00",
        "2026-11-26T00:00",
    ),
    // 延长
    ("工作日", "2026-11-24T10:00", 10, 5, "", "2026-12-15"),
    ("工作日", "2026-09-21T10:00", 5, 5, "", "2026-10-12"),
    ("自然日", "2026-11-24T10:00", 10, 5, "", "2026-12-09"),
    ("小时", "2026-11-24T10:00", 24, 24, "", "2026-11-26T10:00"),
    // 延长并暂停：先后不影响结果
    ("工作日", "2026-11-24T10:00", 10, 5, "2026-11-26T10:00/2026-12-01T10:00", "2026-12-18"),
    ("工作日", "2026-11-24T10:00", 10, 5, "2026-12-08T10:00/2026-12-10T10:00", "2026-12-17"),
    ("工作日", "2026-11-24T10:00", 10, 5, "2026-12-09T10:00/2026-12-11T10:00", "2026-12-17"),
    (
        "工作日",
        "2026-11-24T10:00",
        10,
        5,
        "2026-11-25T10:00/2026-11-27T10:00 2026-12-09T10:00/2026-12-14T10:00",
        "2026-12-22",
    ),
    ("自然日", "2026-11-24T10:00", 10, 5, "2026-11-26T10:00/2026-12-01T10:00", "2026-12-14"),
    ("小时", "2026-11-24T10:00", 24, 12, "2026-11-24T12:00/2026-11-24T18:00", "2026-11-26T04:00"),
];

/// An instant in Beijing, written `2026-11-24T10:00`.
fn instant(text: &str) -> Timestamp {
    format!("{text}:00+08:00").parse().expect("an instant")
}

fn unit(name: &str) -> ClockUnit {
    match name {
        "工作日" => ClockUnit::WorkingDays,
        "自然日" => ClockUnit::CalendarDays,
        "小时" => ClockUnit::Hours,
        other => panic!("there is no unit {other}"),
    }
}

fn begun(unit: ClockUnit, start_at: Timestamp, length: u32) -> Clock {
    let rule = ClockRule {
        kind: ClockKind::Settle,
        length,
        unit,
        start: ClockStart::Diverted,
        on_expiry: OnExpiry::Warn,
        certainty: "U".to_owned(),
    };
    Clock::start(&rule, start_at, &Calendar::shipped()).expect("a year")
}

fn paused(clock: &Clock, pauses: &[Pause]) -> Clock {
    let calendar = Calendar::shipped();
    let pause = |clock: Clock, pause: &Pause| clock.after_pause(*pause, &calendar).expect("a year");
    pauses.iter().fold(clock.clone(), pause)
}

fn longer(clock: &Clock, more: u32) -> Clock {
    clock.extended_by(more, &Calendar::shipped()).expect("a year")
}

fn read_pauses(text: &str) -> Vec<Pause> {
    let read = |pair: &str| {
        let (from, to) = pair.split_once('/').expect("from/to");
        Pause { from_at: instant(from), to_at: instant(to) }
    };
    text.split_whitespace().map(read).collect()
}

#[test]
fn every_row_falls_due_when_the_table_says() {
    let mut wrong = Vec::new();
    for (name, start, length, extended, pauses, due) in DUE {
        let begun = begun(unit(name), instant(start), length);
        let pauses = read_pauses(pauses);
        let expected = match due.parse::<Date>() {
            Ok(day) if due.len() == 10 => Timestamp::end_of(day),
            Ok(_) | Err(_) => instant(due),
        };
        // More time granted before the pauses or after them comes to the same.
        let first = paused(&longer(&begun, extended), &pauses);
        let last = longer(&paused(&begun, &pauses), extended);
        for clock in [first, last] {
            if clock.due_at != expected {
                let row = format!("{name} {start} {length}+{extended} {pauses:?}");
                wrong.push(format!("{row}: due {}, not {due}", clock.due_at));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_named_day_stays_whatever_happens() {
    let day: Date = "2026-12-05".parse().expect("a date");
    let until = Clock::until(ClockKind::Perform, instant("2026-11-24T10:00"), day);
    let pauses = read_pauses("2026-11-25T10:00/2026-12-01T10:00");
    assert_eq!(paused(&until, &pauses).due_at, until.due_at);
    assert_eq!(longer(&until, 5).due_at, until.due_at);
    assert_eq!(until.due_at, Timestamp::end_of(day));
}

#[test]
fn a_sum_that_walks_into_an_unpublished_year_says_so() {
    let clock = begun(ClockUnit::WorkingDays, instant("2026-11-24T10:00"), 10);
    assert!(!clock.provisional);
    let pauses = read_pauses("2026-11-25T10:00/2026-12-31T10:00");
    assert!(paused(&clock, &pauses).provisional);
}

/// The plainest sum: day by day, without what stood still.
fn counted(start: Date, length: u32, pauses: &[Pause]) -> Date {
    let calendar = Calendar::shipped();
    let stood = |day: Date| {
        pauses
            .iter()
            .any(|pause| pause.from_at.civil_date() <= day && day < pause.to_at.civil_date())
    };
    let days = std::iter::successors(start.tomorrow().ok(), |day| day.tomorrow().ok());
    let mut days = days.filter(|day| calendar.day(*day).is_worked() && !stood(*day));
    days.nth(usize::try_from(length).expect("it fits") - 1).expect("before the year 9999")
}

/// A clock that begins in 2026 and the pauses it goes through, one after the other.
fn lives() -> impl Strategy<Value = (ClockUnit, Timestamp, u32, Vec<Pause>)> {
    let units = [ClockUnit::WorkingDays, ClockUnit::CalendarDays, ClockUnit::Hours];
    let minutes = 0..300 * DAY_MILLIS / MINUTE_MILLIS;
    let stretch = 0..12 * DAY_MILLIS / MINUTE_MILLIS;
    let gaps = prop::collection::vec((stretch.clone(), stretch), 0..5);
    (prop::sample::select(units.to_vec()), minutes, 1_u32..40, gaps).prop_map(
        |(unit, minutes, length, gaps)| {
            let start_at = instant("2026-01-05T00:00").plus_millis(minutes * MINUTE_MILLIS);
            let mut at = start_at;
            let mut pauses = Vec::new();
            for (counts, stands) in gaps {
                let from_at = at.plus_millis(counts * MINUTE_MILLIS);
                at = from_at.plus_millis(stands * MINUTE_MILLIS);
                pauses.push(Pause { from_at, to_at: at });
            }
            (unit, start_at, length, pauses)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn computing_again_changes_nothing_and_no_pause_or_extension_takes_time_away(
        (unit, start_at, length, pauses) in lives(), more in 0_u32..20,
    ) {
        let calendar = Calendar::shipped();
        let mut clock = begun(unit, start_at, length);
        for pause in &pauses {
            let next = clock.after_pause(*pause, &calendar).expect("a year");
            prop_assert_eq!(&next.again(&calendar).expect("a year"), &next);
            prop_assert!(next.due_at >= clock.due_at && next.is_same_as(&clock));
            // Who stopped it in time has time when it goes on.
            let in_time = pause.from_at <= clock.due_at && unit != ClockUnit::CalendarDays;
            prop_assert!(!in_time || next.due_at >= pause.to_at);
            clock = next;
        }
        let extended = longer(&clock, more);
        prop_assert!(extended.due_at >= clock.due_at && extended.is_same_as(&clock));
        prop_assert_eq!(&extended.again(&calendar).expect("a year"), &extended);
        let other_way = paused(&longer(&begun(unit, start_at, length), more), &pauses);
        prop_assert_eq!(&other_way, &extended);
        let json = serde_json::to_value(&extended).expect("it serializes");
        let read: Clock = serde_json::from_value(json).expect("it reads");
        prop_assert_eq!(&read, &extended);
        prop_assert_eq!(extended.due_again(&calendar).expect("a year"), extended.due_at);
    }

    #[test]
    fn working_days_are_those_one_counts_by_hand(
        (_, start_at, length, pauses) in lives(), more in 0_u32..20,
    ) {
        let clock = longer(&begun(ClockUnit::WorkingDays, start_at, length), more);
        let clock = paused(&clock, &pauses);
        let by_hand = counted(start_at.civil_date(), length + more, &pauses);
        prop_assert_eq!(clock.due_at, Timestamp::end_of(by_hand));
    }

    #[test]
    fn hours_stand_still_exactly_as_long_as_the_clock_does(
        (_, start_at, length, pauses) in lives(),
    ) {
        let clock = begun(ClockUnit::Hours, start_at, length);
        let stood: i64 = pauses.iter().map(|pause| pause.to_at.millis_since(pause.from_at)).sum();
        prop_assert_eq!(paused(&clock, &pauses).due_at, clock.due_at.plus_millis(stood));
    }
}
