//! The calendar against two tables made by others: every day, every start, every usual length.
//!
//! The tables and how they were made: `tests/oracles/calendar/README.md`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use green_channel::calendar::Calendar;
use green_channel::time::{Date, Timestamp};

const TABLES: [&str; 2] = ["chinesecalendar-1.11.txt", "chinese-days-1.5.7.txt"];
const LENGTHS: [u32; 10] = [1, 2, 3, 5, 7, 10, 15, 20, 30, 60];
const DAYS: usize = 8_401;
/// Of 8,401 starts times 10 lengths, those that end within the tables; the rest end in 2027.
const DEADLINES_CHECKED: usize = 83_800;

/// The days from 2004-01-01 on, and whether each is worked.
fn oracle(name: &str) -> Vec<bool> {
    let path = repository().join("tests/oracles/calendar").join(name);
    let text = std::fs::read_to_string(&path).expect("the table is in the repository");
    let mut worked = Vec::new();
    for (line, year) in text.lines().zip(2004..) {
        let marks = line.strip_prefix(&format!("{year} ")).expect("one line per year, in order");
        worked.extend(marks.chars().map(|mark| match mark {
            'W' => true,
            'H' => false,
            other => panic!("{name} has {other:?} in {year}"),
        }));
    }
    assert_eq!(worked.len(), DAYS, "{name}");
    worked
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The days of the tables, in order.
fn dates() -> Vec<Date> {
    let first: Date = "2004-01-01".parse().expect("a date");
    std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(DAYS).collect()
}

/// The days on which `calendar` and the table differ.
fn differences(calendar: &Calendar, worked: &[bool]) -> Vec<Date> {
    let pairs = dates().into_iter().zip(worked);
    pairs
        .filter(|(date, worked)| calendar.is_working_day(*date) != Ok(**worked))
        .map(|(date, _)| date)
        .collect()
}

/// The plainest sum: walk the table until so many worked days have passed after `start`.
fn naive(worked: &[bool], start: usize, length: u32) -> Option<usize> {
    let mut passed = 0;
    (start + 1..worked.len()).find(|day| {
        passed += u32::from(worked[*day]);
        passed == length
    })
}

#[test]
fn every_day_is_what_both_tables_say() {
    let calendar = Calendar::shipped();
    for name in TABLES {
        assert_eq!(differences(&calendar, &oracle(name)), Vec::<Date>::new(), "{name}");
    }
}

#[test]
fn a_lost_make_up_saturday_is_noticed() {
    let path = repository().join("sdk/src/calendar/years/2026.json");
    let text = std::fs::read_to_string(path).expect("the year is in the repository");
    let line = "    { \"date\": \"2026-10-10\", \"for\": \"国庆节\" }";
    let kept = "{ \"date\": \"2026-09-20\", \"for\": \"国庆节\" }";
    let broken = text.replace(&format!("{kept},\n{line}"), kept);
    assert_ne!(broken, text);
    let calendar = Calendar::shipped().with_year(&broken).expect("it still reads");
    for name in TABLES {
        let lost: Date = "2026-10-10".parse().expect("a date");
        assert_eq!(differences(&calendar, &oracle(name)), [lost], "{name}");
    }
}

#[test]
fn every_deadline_is_what_both_tables_give() {
    let (calendar, dates, tables) = (Calendar::shipped(), dates(), TABLES.map(oracle));
    let starts: Vec<usize> = (0..DAYS).collect();
    // Four threads, because a debug build takes two seconds or so for the two million days walked.
    let checked: usize = std::thread::scope(|scope| {
        let (calendar, dates, tables) = (&calendar, &dates, &tables);
        let workers: Vec<_> = starts
            .chunks(DAYS.div_ceil(4))
            .map(|part| scope.spawn(move || check_deadlines(calendar, dates, tables, part)))
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no difference")).sum()
    });
    assert_eq!(checked, DEADLINES_CHECKED);
}

/// Compares the deadlines of these starts with every table; counts those that end within them.
fn check_deadlines(
    calendar: &Calendar,
    dates: &[Date],
    tables: &[Vec<bool>],
    starts: &[usize],
) -> usize {
    let mut checked = 0;
    for start in starts {
        for length in LENGTHS {
            let sum = calendar.after_working_days(dates[*start], length).expect("a sum");
            for worked in tables {
                let due = naive(worked, *start, length).map(|day| dates[day]);
                // Where the table ends before the period does, the calendar must say so too.
                assert_eq!(due.is_none(), sum.provisional, "{} + {length}", dates[*start]);
                assert_eq!(due.unwrap_or(sum.due_on), sum.due_on, "{} + {length}", dates[*start]);
            }
            checked += usize::from(!sum.provisional);
        }
    }
    checked
}

#[test]
fn what_has_elapsed_at_the_deadline_is_its_length() {
    let calendar = Calendar::shipped();
    for start in dates().into_iter().step_by(17) {
        for length in LENGTHS {
            let due = calendar.after_working_days(start, length).expect("a sum").due_on;
            let elapsed = calendar.working_days_between(start, due).expect("a count");
            assert_eq!(elapsed.days, length, "{start} to {due}");
            let eve = due.yesterday().expect("a day before");
            let elapsed = calendar.working_days_between(start, eve).expect("a count");
            assert_eq!(elapsed.days, length - 1, "{start} to {eve}");
        }
    }
}

#[test]
fn a_calendar_day_deadline_ends_on_the_next_worked_day_of_both_tables() {
    let (calendar, dates) = (Calendar::shipped(), dates());
    for name in TABLES {
        let worked = oracle(name);
        for start in (0..DAYS - 75).step_by(3) {
            let last = start + 60;
            let due = (last..DAYS).find(|day| worked[*day]).expect("a working day");
            let sum = calendar.after_calendar_days(dates[start], 60, true).expect("a sum");
            assert_eq!(sum.due_on, dates[due], "{} + 60", dates[start]);
            assert_eq!(sum.moved_from, (due != last).then(|| dates[last]));
        }
    }
}

/// Midnight in Beijing is the border, whatever the host's clock face shows; two of the days are
/// those on which New York changes its clocks.
#[test]
fn deadlines_do_not_depend_on_the_time_zone_of_the_host() {
    const CHILD: &str = "GREEN_CHANNEL_PRINT_DEADLINES";
    const NAME: &str = "deadlines_do_not_depend_on_the_time_zone_of_the_host";
    if std::env::var_os(CHILD).is_some() {
        for at in [
            "2026-09-30T23:59:59.999+08:00",
            "2026-10-01T00:00:00.000+08:00",
            "2026-03-08T15:30:00.000+08:00",
            "2026-11-01T14:30:00.000+08:00",
        ] {
            let at: Timestamp = at.parse().expect("an instant");
            let sum = Calendar::shipped().after_working_days(at.civil_date(), 10).expect("a sum");
            println!("\ndeadline {at} {}", Timestamp::end_of(sum.due_on));
        }
        return;
    }
    let mut seen = BTreeSet::new();
    for zone in ["UTC", "Asia/Shanghai", "America/New_York"] {
        let output = Command::new(std::env::current_exe().expect("this test"))
            .args([NAME, "--exact", "--nocapture", "--test-threads=1"])
            .env("TZ", zone)
            .env(CHILD, "1")
            .output()
            .expect("it runs again");
        let text = String::from_utf8(output.stdout).expect("text");
        let lines = text.lines().filter(|line| line.starts_with("deadline "));
        seen.insert(lines.map(str::to_owned).collect::<Vec<String>>());
    }
    let expected = vec![
        "deadline 2026-09-30T23:59:59.999+08:00 2026-10-20T23:59:59.999+08:00".to_owned(),
        "deadline 2026-10-01T00:00:00.000+08:00 2026-10-20T23:59:59.999+08:00".to_owned(),
        "deadline 2026-03-08T15:30:00.000+08:00 2026-03-20T23:59:59.999+08:00".to_owned(),
        "deadline 2026-11-01T14:30:00.000+08:00 2026-11-13T23:59:59.999+08:00".to_owned(),
    ];
    assert_eq!(seen, BTreeSet::from([expected]));
}
