//! Batches out, results in, the statement against the ledger, over a real store.

use green_channel::case::AdvanceStatus;
use green_channel::channel::fund::{BankError, BatchRow, FundError, FundTarget, Outcome, Queue};
use green_channel::fund::{
    Account, Cause, Direction, FundCommand, FundRules, Month, Paid, read_results, read_statement,
};
use green_channel::ids::AdvanceId;

use super::fund::{CASHIER, MANAGER, wide};
use super::*;

/// A fund of 1,000 yuan and three advances of one yuan each that are to be paid.
async fn three() -> (World, Vec<AdvanceId>) {
    let small_claim_fen = Fen::new(10_000);
    let world = world_with(FundRules { small_claim_fen, ..wide() }).await;
    world.fill(100_000).await;
    let case = world.settled("no-1").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.request(case, None, 100).await.expect("it is asked for"));
    }
    (world, ids)
}

fn refused<T>(outcome: Result<T, BankError>) -> String {
    match outcome.err().expect("it is refused") {
        BankError::Table(error) => format!("table {}", error.row),
        BankError::Fund(FundError::Refused(refusal)) => refusal.code().to_owned(),
        BankError::Fund(error) => panic!("{error}"),
    }
}

async fn file(world: &World, batch: &BatchRow) -> Vec<u8> {
    world.channel.batch_file(CASHIER, &batch.name).await.expect("it is written").csv
}

fn results(rows: &[String]) -> Vec<u8> {
    format!("业务编号,结果,金额（元）,流水号,日期,原因\n{}", rows.join("\n")).into_bytes()
}

#[tokio::test]
async fn a_batch_has_the_same_bytes_whenever_it_is_written_and_no_advance_is_in_two() {
    let (world, ids) = three().await;
    let begin = |ids: Vec<AdvanceId>| {
        let channel = world.channel.clone();
        async move { channel.batch_begin(CASHIER, &ids).await }
    };
    assert_eq!(refused(begin(Vec::new()).await), "table 0");
    assert_eq!(refused(begin(vec![ids[0], ids[0]]).await), "table 0");
    assert_eq!(refused(begin(vec![AdvanceId::from_bytes([9; 16])]).await), "not_found");
    let by_manager = world.channel.batch_begin(MANAGER, &ids).await;
    assert_eq!(refused(by_manager), "role_not_permitted");
    // Two cashiers tick the same; whose file is written first has it.
    let first = begin(ids[..2].to_vec()).await.expect("it is written down");
    let second = begin(ids.clone()).await.expect("it is written down");
    let waiting = world.channel.advances(Queue::Pay, None, 10).await.expect("it reads");
    assert_eq!(waiting.len(), 3, "nothing is submitted before the file is written");
    let bytes = file(&world, &first).await;
    let other = file(&world, &second).await;
    let (text, rest) = (String::from_utf8(bytes.clone()), String::from_utf8(other.clone()));
    let (text, rest) = (text.expect("text"), rest.expect("text"));
    for id in &ids[..2] {
        assert!(text.contains(&id.to_string()) && !rest.contains(&id.to_string()), "{id}");
    }
    assert!(rest.contains(&ids[2].to_string()));
    assert!(text.contains("合计,2,,,,2.00"), "{text}");
    assert_eq!(file(&world, &first).await, bytes, "the same bytes again");
    assert_eq!(file(&world, &second).await, other);
    assert_eq!(refused(begin(ids.clone()).await), "wrong_status");
    let listed = world.channel.batches(10).await.expect("it reads");
    assert_eq!(listed.len(), 2);
    assert_eq!(refused(world.channel.batch_file(CASHIER, "bank-file-none").await), "not_found");
    // Each account that went into a file is written down as shown.
    let shown = world.channel.reveals("", 50).await.expect("it reads");
    assert!(shown.len() >= 3 && shown.iter().all(|one| one.fields == ["payee"]));
}

#[tokio::test]
async fn results_come_in_part_and_twice_and_are_booked_once() {
    let (world, ids) = three().await;
    let batch = world.channel.batch_begin(CASHIER, &ids).await.expect("it is written down");
    file(&world, &batch).await;
    let (a, b, c) = (ids[0], ids[1], ids[2]);
    let day = world.clock.now().civil_date();
    let stranger = AdvanceId::from_bytes([9; 16]);
    let rows = [
        format!("{a},成功,1.00,B-1,{day},"),
        format!("{b},失败,,,,account_wrong"),
        format!("{stranger},成功,1.00,B-9,{day},"),
    ];
    let take = |bytes: Vec<u8>| {
        let channel = world.channel.clone();
        async move {
            let lines = read_results(&bytes).expect("it reads");
            let taken = channel.take_results(CASHIER, &lines).await.expect("it is taken");
            taken.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>()
        }
    };
    let first = take(results(&rows)).await;
    assert_eq!(first, [Outcome::Booked, Outcome::Booked, Outcome::NotOurs]);
    let again = take(results(&rows)).await;
    assert_eq!(again, [Outcome::Known, Outcome::Known, Outcome::NotOurs], "harmless");
    assert_eq!(world.status(a).await, AdvanceStatus::Paid);
    assert_eq!(world.status(b).await, AdvanceStatus::Refused);
    assert_eq!(world.status(c).await, AdvanceStatus::Submitted, "the rest is still to come");
    let changed = [
        format!("{a},失败,,,,x"),
        format!("{b},成功,1.00,B-2,{day},"),
        format!("{c},成功,1.01,B-3,{day},"),
    ];
    let outcomes = take(results(&changed)).await;
    assert_eq!(outcomes[..2], [Outcome::Contradicts, Outcome::Contradicts]);
    assert!(matches!(&outcomes[2], Outcome::Refused(refusal) if refusal.field() == Some("fen")));
    let ledger = world.books_are_right().await;
    assert_eq!(ledger.balance(Account::Clearing), Fen::new(100));
    // What goes another way than by a file, no file speaks of.
    let case = world.settled("no-2").await;
    let by_hand = world.request(case, None, 100).await.expect("it is asked for");
    let submit = FundCommand::Submit { provider: "manual".to_owned() };
    world.fund(CASHIER, submit, FundTarget::advance(by_hand)).await.expect("in hand");
    let outcomes = take(results(&[format!("{by_hand},成功,1.00,B-4,{day},")])).await;
    assert_eq!(outcomes, [Outcome::NotOurs]);
}

#[tokio::test]
async fn a_statement_is_compared_cleared_once_and_its_balance_is_the_ledgers() {
    let (world, ids) = three().await;
    let day = world.clock.now().civil_date();
    let deposit = FundCommand::Contribute(world.received(500, "BANK-7"));
    world.fund(CASHIER, deposit, FundTarget::default()).await.expect("it is booked");
    for (id, slip) in [(ids[0], "S-1"), (ids[1], "S-2")] {
        let submit = FundCommand::Submit { provider: "manual".to_owned() };
        world.fund(CASHIER, submit, FundTarget::advance(id)).await.expect("in hand");
        let (fen, reference) = (Fen::new(100), slip.to_owned());
        let paid = FundCommand::ConfirmPaid(Paid { fen, effective_on: day, reference });
        world.fund(CASHIER, paid, FundTarget::advance(id)).await.expect("it is paid");
    }
    let statement = |rows: String| {
        read_statement(format!("日期,流水号,收支,金额（元）,摘要\n{rows}").as_bytes())
            .expect("reads")
    };
    let rows = format!(
        "{day},BANK-7,收,5.00,\n{day},S-1,付,1.00,\n{day},X-1,收,9.00,不明\n期末余额,,,1013.00,"
    );
    let one = statement(rows);
    let compared = world.channel.reconcile(&one).await.expect("it compares");
    let causes: Vec<_> = compared.lines.differences.iter().map(|one| one.cause).collect();
    // The first contribution has a slip that this statement does not list; S-2 is not out yet.
    let expected = [
        Cause::OnlyAtBank(Direction::In),
        Cause::OnlyInLedger(Direction::In),
        Cause::OnlyInLedger(Direction::Out),
    ];
    assert_eq!(causes, expected);
    let closing = compared.closing.expect("the file says one");
    assert_eq!(closing.ledger, Some(Fen::new(100_400)));
    assert_eq!(closing.bank, Fen::new(101_300));
    let noted = world.channel.clear_matched(CASHIER, &compared.lines.matched).await;
    assert_eq!(noted.expect("it is noted").0, 1);
    // Read again, nothing is noted twice, and what was cleared is no difference.
    let again = world.channel.reconcile(&one).await.expect("it compares");
    let causes: Vec<_> = again.lines.differences.iter().map(|one| one.cause).collect();
    assert_eq!(causes, expected);
    assert_eq!(again.closing, Some(closing));
    let noted = world.channel.clear_matched(CASHIER, &again.lines.matched).await;
    assert_eq!(noted.expect("nothing is left").0, 0);
    let ledger = world.books_are_right().await;
    assert_eq!(ledger.balance(Account::Clearing), Fen::new(100), "S-2 is still under way");
    assert_eq!(ledger.balance(Account::Bank), Fen::new(100_400));
    // The month says the same.
    let month = world.channel.fund_month(Month::of(day)).await.expect("it reads");
    assert_eq!(month.closing, ledger);
    assert_eq!(month.opening.balance(Account::Bank), Fen::ZERO);
    let paid = month.rows.iter().find(|row| row.label == "先行赔付已付").expect("it happened");
    assert_eq!((paid.count, paid.fen), (2, Some(Fen::new(200))));
    let before = Month::of(day).before().expect("one");
    let before = world.channel.fund_month(before).await.expect("it reads");
    assert!(before.rows.is_empty() && before.last.is_none());
}
