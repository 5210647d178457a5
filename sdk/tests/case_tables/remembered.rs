//! What a case remembers, and where a period ends to the millisecond.

use green_channel::case::{ClockKind, due_command, wake_at};
use green_channel::time::{Date, Timestamp};

use crate::circumstances::prepared;
use crate::world::{World, code, instant};

fn plain(state: &str) -> World {
    prepared(state, "—").expect("every state can be reached")
}

fn outcome(world: &World, who: &str, what: &str) -> Result<(), String> {
    world.attempt(who, what).map(|_| ()).map_err(|refusal| code(&refusal))
}

fn done(world: &World, who: &str, what: &str) -> World {
    world.attempt(who, what).unwrap_or_else(|refusal| panic!("{who} {what}: {refusal}")).world
}

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

#[test]
fn the_consumer_s_answer_counts_until_the_last_millisecond_of_its_day() {
    let offered = plain("待消费者确认");
    let last = World { now: Timestamp::end_of(day("2026-11-27")), ..offered };
    let over = World { now: last.now.plus_millis(1), ..last.clone() };
    assert_eq!(outcome(&last, "12315中心", "消费者接受"), Ok(()));
    assert_eq!(outcome(&over, "12315中心", "消费者接受"), Err("offer_expired".to_owned()));
    assert_eq!(outcome(&last, "系统", "方案到期"), Err("offer_still_open".to_owned()));
    assert_eq!(outcome(&over, "系统", "方案到期"), Ok(()));
}

#[test]
fn overdue_is_remembered_for_good() {
    let late = instant("2027-01-20T10:00");
    let settled = World { now: late, ..plain("已和解待履行") };
    let closed = done(&settled, "受理员", "履行完成并办结").case;
    let perform = closed.clocks.last().expect("the clock of performance stays");
    assert_eq!(perform.clock.due_at, Timestamp::end_of(day("2026-12-01")));
    let forever = instant("2030-01-01T00:00");
    assert_eq!(perform.overdue_millis(forever), perform.overdue_millis(late));
    assert!(closed.is_overdue(forever));
    assert!(closed.clocks.iter().all(|entry| entry.stopped_at.is_some()));
}

#[test]
fn a_missed_deadline_stays_missed_when_more_time_is_granted() {
    let asked = done(&plain("处理中"), "受理员", "申请延期");
    let late = World { now: instant("2026-12-09T00:00"), ..asked };
    let over = done(&late, "系统", "记录超期：协商和解");
    let longer = done(&over, "12315中心", "同意延期").case;
    let settle = longer.running(ClockKind::Settle).expect("it runs");
    assert_eq!(settle.clock.due_at, Timestamp::end_of(day("2026-12-15")));
    assert_eq!(settle.missed, [Timestamp::end_of(day("2026-12-08"))]);
    assert!(longer.is_overdue(over.now));
    assert!(settle.overdue_millis(over.now).is_none());
}

#[test]
fn whoever_was_told_of_the_old_deadline_is_told_of_the_new_one_again() {
    let asked = done(&plain("处理中"), "受理员", "申请延期");
    let late = World { now: instant("2026-12-09T00:00"), ..asked };
    let told = done(&late, "系统", "逐级提醒：协商和解逾期");
    assert_eq!(told.case.escalations.len(), 1);
    let longer = done(&told, "12315中心", "同意延期");
    assert!(longer.case.escalations.is_empty());
    let over = World { now: instant("2026-12-16T00:00"), ..longer };
    assert_eq!(outcome(&over, "系统", "逐级提醒：协商和解逾期"), Ok(()));
}

#[test]
fn a_receipt_does_not_make_a_clerk_s_page_stale_and_an_urge_does() {
    let before = plain("处理中");
    let receipted = done(&before, "系统", "登记回执（已受理）").case;
    let (revision, version) = (before.case.revision, before.case.version);
    assert_eq!((receipted.revision, receipted.version), (revision, version + 1));
    let urged = done(&before, "12315中心", "催办").case;
    assert_eq!(urged.revision, urged.version);
    assert!(urged.unread && !before.case.unread);
}

#[test]
fn what_only_the_software_or_a_reader_does_leaves_a_page_fresh() {
    let over = prepared("处理中", "和解期限已过").expect("it can be reached");
    for (who, what) in [
        ("系统", "记录超期：协商和解"),
        ("系统", "逐级提醒：协商和解逾期"),
        ("审计员", "显示个人信息"),
        ("系统", "登记回执（已受理）"),
    ] {
        assert_eq!(done(&over, who, what).case.revision, over.case.revision, "{what}");
    }
}

/// Does what is due until nothing is, and gives how much that was.
fn round(mut world: World) -> (World, usize) {
    for steps in 0..100 {
        let Some(command) = due_command(&world.case, &world.policy, world.now) else {
            return (world, steps);
        };
        world = world.obey(&command);
    }
    panic!("what is due never ends");
}

#[test]
fn two_orders_with_the_same_last_day_are_both_noted_and_told() {
    let one = done(&plain("处理中"), "12315中心", "督办");
    // The second comes later on the same day, and names the same day.
    let both = done(&World { now: instant("2026-11-24T15:00"), ..one }, "12315中心", "督办");
    let orders = |world: &World| {
        let orders = world.case.clocks.iter().filter(|e| e.clock.kind == ClockKind::Supervise);
        orders.map(|entry| (entry.clock.due_at, entry.missed.len())).collect::<Vec<_>>()
    };
    let due = Timestamp::end_of(day("2026-11-26"));
    assert_eq!(orders(&both), [(due, 0), (due, 0)]);
    let (over, _) = round(World { now: instant("2026-11-27T00:00"), ..both });
    assert_eq!(orders(&over), [(due, 1), (due, 1)]);
    // A day ahead the supervisor, afterwards the manager, for each of the two.
    assert_eq!(over.case.escalations.len(), 4);
    assert!(wake_at(&over.case, &over.policy).is_some_and(|at| at > over.now));
}

#[test]
fn two_orders_of_the_same_instant_are_both_noted() {
    let both = prepared("处理中", "已督办").expect("it can be reached");
    let both = done(&both, "12315中心", "督办");
    let (over, _) = round(World { now: instant("2026-11-27T00:00"), ..both });
    let orders = over.case.clocks.iter().filter(|entry| entry.clock.kind == ClockKind::Supervise);
    assert!(orders.map(|entry| entry.missed.len()).eq([1, 1]));
}

#[test]
fn a_settlement_that_runs_out_is_noted_told_upwards_and_drafted_back_but_never_sent() {
    let world = World { now: instant("2026-12-20T00:00"), ..plain("处理中") };
    let (over, steps) = round(world);
    // Noted once; the responder, the supervisor and the manager told once each.
    assert_eq!((steps, over.case.escalations.len()), (4, 3));
    assert!(over.case.handback_drafted && over.is_in("处理中"));
    assert_eq!(round(over.clone()).1, 0);
    assert!(wake_at(&over.case, &over.policy).is_none());
}

#[test]
fn a_hand_back_drafted_for_a_deadline_that_moved_is_no_longer_laid_before_anybody() {
    let asked = done(&plain("处理中"), "受理员", "申请延期");
    let late = World { now: instant("2026-12-09T00:00"), ..asked };
    let over = done(&late, "系统", "记录超期：协商和解");
    assert!(over.case.should_hand_back());
    let longer = done(&over, "12315中心", "同意延期");
    assert!(!longer.case.should_hand_back());
    assert_eq!(outcome(&longer, "受理员", "退回（逾期未达成和解）"), Err("not_overdue".to_owned()));
    // The new deadline is missed on its own, and the hand-back drafted again.
    let again = World { now: instant("2026-12-16T00:00"), ..longer };
    assert!(done(&again, "系统", "记录超期：协商和解").case.should_hand_back());
}

#[test]
fn a_rating_is_of_what_was_done_before_it() {
    let rated = done(&plain("已办结"), "12315中心", "评价（五星）");
    assert_eq!(rated.case.rating, Some(5));
    assert_eq!(done(&rated, "12315中心", "重新办理").case.rating, None);
}

#[test]
fn whoever_answers_for_a_case_does_not_destroy_what_shows_how() {
    let first = plain("已接收");
    let supervised = done(&first, "主管", "受理");
    assert_eq!(outcome(&supervised, "主管", "撤回同意"), Err("other_person".to_owned()));
    assert_eq!(outcome(&supervised, "另一主管", "撤回同意"), Ok(()));
    assert_eq!(outcome(&supervised, "12315中心", "撤回同意"), Ok(()));
}

#[test]
fn an_examination_that_takes_longer_than_was_said_ends_by_itself() {
    let paused = done(&plain("处理中"), "主管", "暂停计时");
    let wakes = wake_at(&paused.case, &paused.policy).expect("it wakes");
    assert_eq!(wakes, Timestamp::end_of(day("2026-12-04")).plus_millis(1));
    let over = World { now: wakes, ..paused };
    let due = due_command(&over.case, &over.policy, over.now).expect("it is due");
    let resumed = over.obey(&due).case;
    assert!(resumed.pause.is_none());
    let settle = resumed.running(ClockKind::Settle).expect("it runs");
    assert_eq!(settle.clock.due_at, Timestamp::end_of(day("2026-12-18")));
}
