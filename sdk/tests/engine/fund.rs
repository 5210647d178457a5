//! Money over a real store: advances, their recovery, and what concurrency and repetition do to them.

use green_channel::case::AdvanceStatus;
use green_channel::case::{PaperNo, Private};
use green_channel::channel::fund::{FundActed, FundError, FundTarget, Queue};
use green_channel::fund::{
    Account, FundCommand, FundEvent, FundRules, Grounds, Ledger, Paid, ProposalKind, Received,
    Side, balances_after, beancount, hledger,
};
use green_channel::ids::{AdvanceId, ProposalId, TenantId};
use green_channel::log::{NoteVerifier, TrustPolicy};
use green_channel::tenants::TenantDraft;
use green_channel::verify::{LogCheck, Rulebook};

use super::*;

const SUPERVISOR: Actor = Actor { role: Role::Supervisor, pseudonym: Pseudonym::new([3; 16]) };
pub(crate) const MANAGER: Actor = Actor { role: Role::Manager, pseudonym: Pseudonym::new([4; 16]) };
pub(crate) const CASHIER: Actor = Actor { role: Role::Cashier, pseudonym: Pseudonym::new([5; 16]) };
const CENTER: Actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([6; 16]) };

/// Limits that let a test move what it needs.
pub(crate) fn wide() -> FundRules {
    let most = Fen::new(100_000_000_000);
    FundRules {
        case_limit_fen: most,
        tenant_limit_fen: most,
        day_limit_fen: most,
        clerk_day_limit_fen: most,
        second_approval_above_fen: Fen::new(10_000),
        small_claim_fen: Fen::new(100),
        ..FundRules::default()
    }
}

impl World {
    pub(crate) fn received(&self, fen: i64, reference: &str) -> Received {
        let effective_on = self.clock.now().civil_date();
        Received { fen: Fen::new(fen), effective_on, reference: reference.to_owned() }
    }

    pub(crate) async fn fund(
        &self,
        actor: Actor,
        command: FundCommand,
        target: FundTarget,
    ) -> Result<FundActed, FundError> {
        self.channel.act_fund(actor, &command, &target).await
    }

    pub(crate) async fn fill(&self, fen: i64) {
        let slip = format!("BANK-{}", u64::from_be_bytes(self.channel.random()));
        let received = self.received(fen, &slip);
        let contribute = FundCommand::Contribute(received);
        self.fund(CASHIER, contribute, FundTarget::default()).await.expect("it is booked");
    }

    pub(crate) async fn shop(&self) -> TenantId {
        let draft: TenantDraft = serde_json::from_value(serde_json::json!({
            "uscc": "91350100M000100Y43", "name": "示例童装", "kind": "mall_shop",
            "stall_no": "B1-07", "contact_name": "林某", "contact_phone": "13900005520",
            "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
        }))
        .expect("a draft");
        let tenant = draft.into_tenant().expect("it can stand");
        self.channel.tenant_add(MANAGER, &tenant).await.expect("it is added")
    }

    /// A case that is settled for 200 yuan.
    pub(crate) async fn settled(&self, no: &str) -> CaseId {
        let id = self.divert(no).await;
        self.act(id, Command::Accept).await;
        self.act(id, self.offer()).await;
        let open = self.channel.load(id).await.expect("it is there").case;
        let offer_id = open.current_offer().expect("it is open").id;
        let yes = Command::Answer { offer_id, accepted: true, text: None, signature: None };
        self.channel.act(id, CENTER, &yes, None).await.expect("it is allowed");
        id
    }

    pub(crate) async fn request(
        &self,
        case: CaseId,
        tenant: Option<TenantId>,
        fen: i64,
    ) -> Result<AdvanceId, FundError> {
        let advance = AdvanceId::new(self.clock.now(), self.channel.random());
        let stream = self.channel.load(case).await.expect("it is there").stream;
        let (fen, grounds) = (Fen::new(fen), Grounds::ALL);
        let command = FundCommand::Request { advance, case: stream, tenant, fen, grounds };
        let words = vec![
            Private::new("payee_name", "王某"),
            Private::new("payee_account", "6222020000001234567"),
            Private::new("payee_bank", "某某银行城东支行"),
            Private::new("reason", "商户拒不退款"),
        ];
        let target = FundTarget { case: Some(case), words, ..FundTarget::default() };
        self.fund(CLERK, command, target).await.map(|_| advance)
    }

    pub(crate) async fn status(&self, id: AdvanceId) -> AdvanceStatus {
        self.channel.advance(id).await.expect("it reads").expect("it is there").advance.status
    }

    /// Every entry ever made, folded anew, equals the books; debits equal credits.
    pub(crate) async fn books_are_right(&self) -> Ledger {
        let (mut ledger, mut from) = (Ledger::default(), 0);
        loop {
            let lines = self.channel.fund_lines(from, 200).await.expect("it reads");
            let Some(last) = lines.last() else { break };
            from = last.n + 1;
            for line in &lines {
                ledger = ledger.post(&line.stamped.event.moves()).expect("it was posted");
            }
        }
        assert_eq!(ledger.difference(), 0);
        let seen = self.channel.fund_overview().await.expect("it reads");
        for (account, fen) in [
            (Account::Bank, seen.bank_fen),
            (Account::Pool, seen.pool_fen),
            (Account::Reserved, seen.reserved_fen),
            (Account::Payable, seen.payable_fen),
            (Account::Clearing, seen.clearing_fen),
            (Account::Advanced, seen.advanced_fen),
            (Account::Loss, seen.loss_fen),
        ] {
            assert_eq!(ledger.balance(account), fen, "{account}");
        }
        let report = self.channel.fsck().await.expect("it runs");
        assert!(report.sound, "{:?}", report.findings);
        for row in seen.tenants {
            assert_eq!(ledger.balance(Account::Deposit(row.tenant)), row.deposit_fen);
            assert_eq!(ledger.balance(Account::Receivable(row.tenant)), row.receivable_fen);
        }
        ledger
    }
}

impl World {
    /// The log that an auditor gets says the same.
    async fn verifies(&self) {
        self.channel.sequence().await.expect("the log grows");
        let store = self.channel.store();
        let policy =
            TrustPolicy::only(NoteVerifier::parse(&self.channel.log_vkey()).expect("a key"));
        let mut check = LogCheck::begin(policy.logs()[0].name(), Rulebook::shipped());
        let entries = store.log_entries(0, 200).await.expect("it reads");
        for leaf in &entries {
            check.entry(&leaf.bytes).expect("it may follow");
        }
        let note = store.checkpoint().await.expect("it reads").expect("it is signed").note;
        check.finish(&policy.believe(&note).expect("it is signed")).expect("it is whole");
    }
}

impl World {
    /// For hledger and bean-check, which `tests/run ledger` runs over them: the journals, and what each
    /// account must hold.
    async fn writes_journals(&self, name: &str) {
        let lines = self.channel.fund_lines(0, 200).await.expect("it reads");
        let ledger = balances_after(&lines).expect("they were posted");
        let journal = hledger(&lines);
        assert!(journal.contains("日终核对"));
        let Some(folder) = std::env::var_os("FUND_JOURNALS") else { return };
        let folder = std::path::PathBuf::from(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let balances: Vec<String> = ledger
            .balances()
            .map(|(account, fen)| {
                let sign = if account.side() == Side::Credit { "-" } else { "" };
                format!("{account} {sign}{}\n", fen.to_yuan())
            })
            .collect();
        std::fs::write(folder.join(format!("{name}.journal")), journal).expect("written");
        std::fs::write(folder.join(format!("{name}.beancount")), beancount(&lines))
            .expect("written");
        std::fs::write(folder.join(format!("{name}.balances")), balances.concat())
            .expect("written");
    }
}

fn code(outcome: Result<impl Sized, FundError>) -> &'static str {
    match outcome {
        Err(FundError::Refused(refusal)) => refusal.code(),
        Err(error) => panic!("{error}"),
        Ok(_) => "done",
    }
}

#[tokio::test]
async fn an_advance_is_approved_by_two_paid_once_and_recovered_from_whoever_is_liable() {
    let world = world_with(wide()).await;
    let (shop, case) = (world.shop().await, world.settled("no-1").await);
    world.fill(100_000).await;
    let received = world.received(5_000, "BANK-0002");
    let deposit = FundCommand::ReceiveDeposit { tenant: shop, received };
    world.fund(CASHIER, deposit, FundTarget::default()).await.expect("it is booked");
    // Nothing is recovered from a shop that does not answer for the case.
    assert_eq!(code(world.request(case, Some(shop), 20_000).await), "field_invalid");
    world.channel.assign(case, CLERK, shop, None).await.expect("it answers for it");
    // The settlement promises 200 yuan; more is not advanced.
    assert_eq!(code(world.request(case, Some(shop), 20_001).await), "more_than_settled");
    let id = world.request(case, Some(shop), 20_000).await.expect("it is asked for");
    let on = || FundTarget::advance(id);
    assert_eq!(code(world.request(case, Some(shop), 1).await), "more_than_settled");
    assert_eq!(code(world.fund(CLERK, FundCommand::Approve, on()).await), "role_not_permitted");
    world.fund(SUPERVISOR, FundCommand::Approve, on()).await.expect("the first approves");
    assert_eq!(world.status(id).await, AdvanceStatus::Requested, "above the limit two approve");
    assert_eq!(code(world.fund(SUPERVISOR, FundCommand::Approve, on()).await), "same_person");
    world.fund(MANAGER, FundCommand::Approve, on()).await.expect("the manager approves");
    let queue = world.channel.advances(Queue::Pay, None, 10).await.expect("it reads");
    assert_eq!(queue.len(), 1);
    let payee = world.channel.payee(&queue[0]).await.expect("it reads");
    assert_eq!(payee.name.expose(), "王某");
    // While the money is on its way the case cannot be closed.
    let view = world.channel.view(case, &CLERK).await.expect("it reads");
    let perform = view.choices.iter().find(|choice| choice.action == "perform").expect("known");
    assert_eq!(perform.why_not.as_deref(), Some("money_pending"));
    let submit = FundCommand::Submit { provider: "manual".to_owned() };
    world.fund(CASHIER, submit, on()).await.expect("the cashier takes it");
    let reference = "SLIP-77".to_owned();
    let effective_on = world.clock.now().civil_date();
    let paid = FundCommand::ConfirmPaid(Paid { fen: Fen::new(20_000), effective_on, reference });
    let acted = world.fund(CASHIER, paid.clone(), on()).await.expect("it is paid");
    let kinds: Vec<&str> = acted.events.iter().map(FundEvent::kind).collect();
    assert_eq!(kinds, ["advance_paid", "recourse_drawn", "top_up_demanded"]);
    assert_eq!(code(world.fund(CASHIER, paid, on()).await), "wrong_status");
    let ledger = world.books_are_right().await;
    assert_eq!(ledger.balance(Account::Pool), Fen::new(85_000));
    assert_eq!(ledger.balance(Account::Receivable(shop)), Fen::new(15_000));
    assert_eq!(ledger.balance(Account::Advanced), Fen::new(15_000));
    let loaded = world.channel.load(case).await.expect("it reads");
    assert_eq!(loaded.case.advances[0].status, AdvanceStatus::Paid);
    assert!(!loaded.case.has_money_pending());
    let reports = world.channel.store().outbox_of(case).await.expect("reads");
    assert_eq!(reports.iter().filter(|row| row.kind == "paid_in_advance").count(), 1);
    // The statement shows it; the tenant pays back a part; the rest is written off by two.
    let clear = FundCommand::Clear { received: world.received(20_000, "SLIP-77") };
    world.fund(CASHIER, clear, on()).await.expect("it is cleared");
    let back = FundCommand::ReceiveRecourse(world.received(10_000, "BANK-0003"));
    world.fund(CASHIER, back, on()).await.expect("it is booked");
    let proposal = ProposalId::new(world.clock.now(), world.channel.random());
    let kind = ProposalKind::WriteOff { advance: id, fen: Fen::new(5_000) };
    let propose = FundCommand::Propose { proposal, kind };
    world.fund(CASHIER, propose, on()).await.expect("it is proposed");
    let agree = || FundCommand::ApproveProposal { effective_on };
    let target = || FundTarget::proposal(proposal);
    assert_eq!(code(world.fund(SUPERVISOR, agree(), target()).await), "role_not_permitted");
    world.fund(MANAGER, agree(), target()).await.expect("it is written off");
    assert_eq!(code(world.fund(MANAGER, agree(), target()).await), "proposal_over");
    let ledger = world.books_are_right().await;
    assert_eq!(ledger.balance(Account::Loss), Fen::new(5_000));
    assert_eq!(ledger.balance(Account::Receivable(shop)), Fen::ZERO);
    assert_eq!(ledger.balance(Account::Bank), Fen::new(95_000));
    assert!(world.channel.advances(Queue::Owed, None, 10).await.expect("it reads").is_empty());
    assert!(world.channel.proposals(None, 10).await.expect("it reads").is_empty());
    let paper_no = PaperNo::parse("QS-2026-0001").expect("a number").to_string();
    world.fund(CLERK, FundCommand::Sign { paper_no }, on()).await.expect("it is signed");
    let assert = FundCommand::Assert { on: effective_on };
    world.fund(CASHIER, assert, FundTarget::default()).await.expect("the day ends");
    world.verifies().await;
    world.writes_journals("recovered").await;
}

#[tokio::test]
async fn money_that_came_in_under_a_wrong_number_is_reversed_once_and_by_two() {
    let world = world_with(wide()).await;
    world.fill(20_000).await;
    let entry = world.channel.fund_lines(0, 1).await.expect("it reads")[0].clone();
    let propose = |n, moves| FundCommand::Propose {
        proposal: ProposalId::new(world.clock.now(), world.channel.random()),
        kind: ProposalKind::Reverse { n, moves },
    };
    let moves = entry.stamped.event.moves();
    let none = FundTarget::default;
    let more = vec![green_channel::fund::Move { fen: Fen::new(1), ..moves[0] }];
    for wrong in [propose(0, more), propose(7, moves.clone())] {
        assert_eq!(code(world.fund(CASHIER, wrong, none()).await), "field_invalid");
    }
    let right = propose(0, moves.clone());
    let FundCommand::Propose { proposal, .. } = right else { unreachable!() };
    world.fund(CASHIER, right, none()).await.expect("it is proposed");
    let effective_on = world.clock.now().civil_date();
    let agree = FundCommand::ApproveProposal { effective_on };
    world.fund(MANAGER, agree, FundTarget::proposal(proposal)).await.expect("it is reversed");
    assert_eq!(world.books_are_right().await, Ledger::default());
    world.fill(20_000).await;
    assert_eq!(code(world.fund(CASHIER, propose(0, moves), none()).await), "field_invalid");
    world.verifies().await;
}

#[tokio::test]
async fn what_was_reserved_is_free_again_when_nobody_pays() {
    let world = world_with(wide()).await;
    let case = world.settled("no-1").await;
    world.fill(20_000).await;
    let id = world.request(case, None, 100).await.expect("a small claim needs nobody");
    assert_eq!(world.status(id).await, AdvanceStatus::Intended);
    let second = world.settled("no-2").await;
    let taken = world.request(second, None, 100).await.expect("it is asked for");
    world.fund(CLERK, FundCommand::Cancel, FundTarget::advance(taken)).await.expect("taken back");
    // Five working days from Monday the 23rd end on the 30th.
    world.clock.set(Timestamp::end_of("2026-11-30".parse().expect("a date")));
    assert_eq!(world.channel.tick_fund(10).await.expect("it runs").expired, 0);
    world.clock.advance(1);
    assert_eq!(world.channel.tick_fund(10).await.expect("it runs").expired, 1);
    assert_eq!(world.status(id).await, AdvanceStatus::Expired);
    let ledger = world.books_are_right().await;
    assert_eq!(ledger.balance(Account::Pool), Fen::new(20_000));
}

#[tokio::test]
async fn a_new_deposit_is_drawn_on_by_itself_a_day_is_closed_and_a_payment_may_come_back() {
    let world = world_with(wide()).await;
    let (shop, case) = (world.shop().await, world.settled("no-1").await);
    world.fill(100_000).await;
    world.channel.assign(case, CLERK, shop, None).await.expect("it answers for it");
    let id = world.request(case, Some(shop), 10_000).await.expect("it is asked for");
    let on = || FundTarget::advance(id);
    world.fund(SUPERVISOR, FundCommand::Approve, on()).await.expect("it is approved");
    let submit = FundCommand::Submit { provider: "manual".to_owned() };
    world.fund(CASHIER, submit, on()).await.expect("the cashier takes it");
    let effective_on = world.clock.now().civil_date();
    let reference = "SLIP-1".to_owned();
    let paid = FundCommand::ConfirmPaid(Paid { fen: Fen::new(10_000), effective_on, reference });
    world.fund(CASHIER, paid, on()).await.expect("it is paid");
    let round = world.channel.tick_fund(10).await.expect("it runs");
    assert_eq!((round.drawn, round.closed), (0, 1), "no deposit; yesterday is closed");
    // One slip is one deposit.
    let deposit = |fen, slip| FundCommand::ReceiveDeposit {
        tenant: shop,
        received: world.received(fen, slip),
    };
    world.fund(CASHIER, deposit(4_000, "BANK-7"), FundTarget::default()).await.expect("booked");
    for (fen, slip) in [(4_000, "BANK-7"), (1, " BANK-7 ")] {
        let again = world.fund(CASHIER, deposit(fen, slip), FundTarget::default()).await;
        assert_eq!(code(again), "slip_booked");
    }
    let round = world.channel.tick_fund(10).await.expect("it runs");
    assert_eq!((round.drawn, round.closed), (1, 0));
    let ledger = world.books_are_right().await;
    assert_eq!(ledger.balance(Account::Receivable(shop)), Fen::new(6_000));
    world.clock.advance(DAY_MILLIS);
    assert_eq!(world.channel.tick_fund(10).await.expect("it runs").closed, 1);
    assert_eq!(world.channel.tick_fund(10).await.expect("it runs").closed, 0, "once a day");
    // The bank gives it back: the shop has its 4,000 again, and the case may be paid anew.
    let back = FundCommand::Bounce(world.received(10_000, "BANK-8"));
    world.fund(CASHIER, back, on()).await.expect("it came back");
    let ledger = world.books_are_right().await;
    assert_eq!(ledger.balance(Account::Deposit(shop)), Fen::new(4_000));
    assert_eq!(ledger.balance(Account::Receivable(shop)), Fen::ZERO);
    let case_now = world.channel.load(case).await.expect("it reads").case;
    assert_eq!(case_now.advances[0].status, AdvanceStatus::Refused);
    assert!(world.channel.advances(Queue::Owed, None, 10).await.expect("it reads").is_empty());
    world.request(case, Some(shop), 10_000).await.expect("it is asked for again");
    world.verifies().await;
    world.writes_journals("returned").await;
}

#[tokio::test]
async fn a_picture_of_a_slip_is_sealed_with_its_case_shown_with_a_trace_and_gone_with_it() {
    let world = world_with(wide()).await;
    world.fill(100_000).await;
    let case = world.settled("no-1").await;
    let id = world.request(case, None, 100).await.expect("it is asked for");
    let picture = b"\x89PNG\r\n\x1a\n slip of Wang".to_vec();
    let add = |bytes: Vec<u8>| {
        let channel = world.channel.clone();
        async move { channel.add_evidence(CASHIER, id, &bytes).await }
    };
    assert_eq!(code(add(picture.clone()).await), "wrong_status", "nobody pays yet");
    let submit = FundCommand::Submit { provider: "manual".to_owned() };
    world.fund(CASHIER, submit, FundTarget::advance(id)).await.expect("in hand");
    let large = [b"%PDF-".to_vec(), vec![0; 1_500_000]].concat();
    for wrong in [b"<html>".to_vec(), large, Vec::new()] {
        assert_eq!(code(add(wrong).await), "field_invalid");
    }
    add(picture.clone()).await.expect("it is added");
    assert_eq!(code(add(picture.clone()).await), "field_invalid", "each once");
    let row = world.channel.advance(id).await.expect("reads").expect("there");
    let sha256 = row.advance.evidence[0].sha256.clone();
    // The database holds no byte of it in clear.
    let kept = world.channel.store().records("fund_evidence", "", 10).await.expect("it reads");
    let hex = hex::encode(b"slip of Wang");
    let body = String::from_utf8_lossy(&kept[0].body).into_owned();
    assert!(kept.len() == 1 && !body.contains(&hex) && !body.contains("slip of Wang"));
    let why = || Personal::new("核对付款".to_owned());
    let shown = world.channel.show_evidence(&row, &sha256, CLERK, why()).await;
    assert_eq!(shown.expect("it shows").bytes, picture);
    let listed = world.channel.reveals("", 10).await.expect("it reads");
    assert_eq!(listed[0].fields, ["evidence"]);
    let other = world.channel.show_evidence(&row, &"0".repeat(64), CLERK, why()).await;
    assert!(matches!(other, Err(green_channel::channel::ActError::Unknown)));
    let cashier = world.channel.show_evidence(&row, &sha256, CASHIER, why()).await;
    assert!(cashier.is_err(), "a cashier reads nothing of a case but where money goes");
    world.verifies().await;
    let erase = Command::WithdrawConsent { paper_no: None };
    world.channel.act(case, CENTER, &erase, None).await.expect("it is erased");
    let gone = world.channel.show_evidence(&row, &sha256, CLERK, why()).await;
    assert!(gone.is_err(), "gone with the key");
    assert!(add(b"\xff\xd8\xff more".to_vec()).await.is_err());
}

#[tokio::test]
async fn a_deposit_says_under_which_text_it_came() {
    let world = world_with(wide()).await;
    let (shop, today) = (world.shop().await, world.clock.now().civil_date());
    let deposit = |slip: &str| FundCommand::ReceiveDeposit {
        tenant: shop,
        received: world.received(1_000, slip),
    };
    let none = FundTarget::default;
    world.fund(CASHIER, deposit("BANK-1"), none()).await.expect("it is booked");
    assert_eq!(code(world.channel.adopt_agreement(MANAGER, " ", today).await), "field_invalid");
    let by_cashier = world.channel.adopt_agreement(CASHIER, "办法", today).await;
    assert_eq!(code(by_cashier), "role_not_permitted");
    let first = world.channel.adopt_agreement(MANAGER, "第一版", today).await.expect("adopted");
    let tomorrow = today.tomorrow().expect("a day");
    let second = world.channel.adopt_agreement(MANAGER, "第二版", tomorrow).await;
    assert_eq!((first.version, second.expect("adopted").version), (1, 2));
    world.fund(CASHIER, deposit("BANK-2"), none()).await.expect("it is booked");
    world.clock.advance(DAY_MILLIS);
    world.fund(CASHIER, deposit("BANK-3"), none()).await.expect("it is booked");
    let lines = world.channel.fund_lines(0, 50).await.expect("it reads");
    let under = lines.iter().filter_map(|line| match &line.stamped.event {
        FundEvent::DepositReceived { agreement, .. } => Some(*agreement),
        _ => None,
    });
    assert_eq!(under.collect::<Vec<_>>(), [None, Some(1), Some(2)]);
    let kept = world.channel.agreements().await.expect("it reads");
    assert_eq!(kept.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), ["第一版", "第二版"]);
    let named = lines.iter().find_map(|line| match &line.stamped.event {
        FundEvent::AgreementAdopted { digest, .. } => Some(digest.clone()),
        _ => None,
    });
    assert_eq!(named.as_deref(), Some(green_channel::hex_digest("第一版".as_bytes()).as_str()));
    world.books_are_right().await;
    world.verifies().await;
}

/// How often a test that takes long is run: a few times, or as often as `name` says.
pub(crate) fn rounds(name: &str, few: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_claims_at_once_never_take_more_than_there_is() {
    let world = Arc::new(world_with(wide()).await);
    world.fill(5_000).await;
    let mut cases = Vec::new();
    for n in 0..200 {
        cases.push(world.settled(&format!("no-{n}")).await);
    }
    for _ in 0..rounds("FUND_ROUNDS", 3) {
        let mut claims = tokio::task::JoinSet::new();
        for case in cases.clone() {
            let world = Arc::clone(&world);
            claims.spawn(async move { world.request(case, None, 100).await });
        }
        let mut reserved = Vec::new();
        while let Some(claim) = claims.join_next().await {
            match claim.expect("it ends") {
                Ok(id) => reserved.push(id),
                Err(FundError::Refused(refusal)) => assert_eq!(refusal.code(), "short"),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(reserved.len(), 50);
        let seen = world.channel.fund_overview().await.expect("it reads");
        assert_eq!((seen.pool_fen, seen.reserved_fen), (Fen::ZERO, Fen::new(5_000)));
        for id in reserved {
            let cancel = world.fund(CLERK, FundCommand::Cancel, FundTarget::advance(id)).await;
            cancel.expect("it is taken back");
        }
    }
    world.books_are_right().await;
}
