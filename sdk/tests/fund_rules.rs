//! The rules of the fund as a table, and what holds for every fund whatever is done to it.

use std::collections::BTreeMap;

use green_channel::calendar::Calendar;
use green_channel::case::{Actor, AdvanceStatus, Role};
use green_channel::fund::{
    Account, Advance, CaseFacts, DayUse, FundAction, FundCommand, FundEvent, FundPolicy,
    FundRefusal, FundRules, FundStamped, FundState, Grounds, Ledger, Paid, Proposal, ProposalKind,
    Received, decide_fund, role_may,
};
use green_channel::ids::{AdvanceId, ProposalId, Pseudonym, TenantId};
use green_channel::money::Fen;
use green_channel::time::{DAY_MILLIS, Timestamp};
use proptest::prelude::*;

const CASE: Pseudonym = Pseudonym::new([77; 16]);
const CLERK: u8 = 1;
const SUPERVISOR: u8 = 3;
const MANAGER: u8 = 4;
const CASHIER: u8 = 5;

fn role(who: u8) -> Role {
    match who {
        1 | 2 => Role::Clerk,
        3 | 6 => Role::Supervisor,
        4 | 7 => Role::Manager,
        5 => Role::Cashier,
        _ => Role::System,
    }
}

fn actor(who: u8) -> Actor {
    Actor { role: role(who), pseudonym: Pseudonym::new([who; 16]) }
}

fn shop(n: u8) -> TenantId {
    TenantId::from_bytes([n; 16])
}

fn advance(n: u8) -> AdvanceId {
    AdvanceId::from_bytes([n; 16])
}

fn start() -> Timestamp {
    "2026-11-24T10:00:00+08:00".parse().expect("an instant")
}

/// 1,000 yuan a case, 1,500 a shop, 2,000 a day, 1,200 a clerk; two people above 500; small up to 50.
fn rules() -> FundRules {
    FundRules {
        case_limit_fen: Fen::new(100_000),
        tenant_limit_fen: Fen::new(150_000),
        day_limit_fen: Fen::new(200_000),
        clerk_day_limit_fen: Fen::new(120_000),
        second_approval_above_fen: Fen::new(50_000),
        small_claim_fen: Fen::new(5_000),
        ..FundRules::default()
    }
}

/// A fund, what was requested today, and what is out.
#[derive(Clone)]
struct World {
    ledger: Ledger,
    advances: BTreeMap<AdvanceId, Advance>,
    proposals: BTreeMap<ProposalId, Proposal>,
    entries: Vec<FundEvent>,
    day: DayUse,
    settled: Option<Fen>,
    now: Timestamp,
}

impl World {
    fn new(pool: i64) -> Self {
        let mut world = Self {
            ledger: Ledger::default(),
            advances: BTreeMap::new(),
            proposals: BTreeMap::new(),
            entries: Vec::new(),
            day: DayUse::default(),
            settled: Some(Fen::new(300_000)),
            now: start(),
        };
        world.does(CASHIER, &FundCommand::Contribute(world.slip(pool)), None);
        world
    }

    fn slip(&self, fen: i64) -> Received {
        let effective_on = self.now.civil_date();
        Received { fen: Fen::new(fen), effective_on, reference: "BANK-1".to_owned() }
    }

    fn paid(&self, fen: i64) -> FundCommand {
        let Received { fen, effective_on, reference } = self.slip(fen);
        FundCommand::ConfirmPaid(Paid { fen, effective_on, reference })
    }

    fn request(&self, n: u8, tenant: Option<u8>, fen: i64) -> FundCommand {
        FundCommand::Request {
            advance: advance(n),
            case: CASE,
            tenant: tenant.map(shop),
            fen: Fen::new(fen),
            grounds: Grounds::ALL,
        }
    }

    fn open(&self, tenant: TenantId) -> Fen {
        let pending = self.advances.values().filter(|one| one.tenant == Some(tenant));
        let pending = pending.filter(|one| one.status.is_pending()).map(|one| one.fen);
        let owed = self.ledger.balance(Account::Receivable(tenant));
        Fen::checked_sum(pending.chain([owed])).expect("little money")
    }

    fn state(&self, command: &FundCommand, on: Option<u8>) -> FundState {
        let tenant = match command {
            FundCommand::Request { tenant, .. } => *tenant,
            FundCommand::ReceiveDeposit { tenant, .. }
            | FundCommand::Propose { kind: ProposalKind::ReturnDeposit { tenant, .. }, .. } => {
                Some(*tenant)
            }
            _ => on.and_then(|n| match self.proposals.get(&ProposalId::from_bytes([n; 16])) {
                Some(Proposal { kind: ProposalKind::ReturnDeposit { tenant, .. }, .. }) => {
                    Some(*tenant)
                }
                _ => None,
            }),
        };
        let spent = self.advances.values().map(|one| match one.status {
            AdvanceStatus::Paid => one.paid_fen,
            status if status.is_pending() => one.fen,
            _ => Fen::ZERO,
        });
        let proposal = on.map(|n| ProposalId::from_bytes([n; 16]));
        let proposal = proposal.and_then(|id| self.proposals.get(&id)).cloned();
        let kind = match command {
            FundCommand::Propose { kind, .. } => Some(kind.clone()),
            _ => proposal.as_ref().map(|proposal| proposal.kind.clone()),
        };
        let named = match (&kind, command) {
            (Some(ProposalKind::WriteOff { advance, .. }), _) => Some(*advance),
            (_, FundCommand::Request { advance, .. }) => Some(*advance),
            _ => on.map(advance),
        };
        let to_reverse = match &kind {
            Some(ProposalKind::Reverse { n, .. }) => {
                let n = usize::try_from(*n).expect("few");
                self.entries.get(n).map(FundEvent::moves)
            }
            _ => None,
        };
        FundState {
            ledger: self.ledger.clone(),
            advance: named.and_then(|id| self.advances.get(&id)).cloned(),
            proposal,
            case: Some(CaseFacts {
                stream: CASE,
                settled_fen: self.settled,
                advanced_fen: Fen::checked_sum(spent).expect("little money"),
                first_responder: Some(actor(CLERK).pseudonym),
                tenant: tenant.filter(|id| *id != shop(9)),
            }),
            tenant_is_there: tenant.is_some_and(|id| id != shop(8)),
            tenant_open_fen: tenant.map(|id| self.open(id)),
            day: self.day.clone(),
            slip_is_booked: command.slip().is_some_and(|(_, slip)| slip == "BANK-OLD"),
            agreement: None,
            agreements: 0,
            closed_on: None,
            to_reverse,
        }
    }

    fn attempt(
        &self,
        who: u8,
        command: &FundCommand,
        on: Option<u8>,
    ) -> Result<Vec<FundEvent>, FundRefusal> {
        let policy = FundPolicy { rules: rules(), calendar: Calendar::shipped() };
        decide_fund(&self.state(command, on), command, &actor(who), &policy, self.now)
    }

    fn take(&mut self, who: u8, events: Vec<FundEvent>) {
        for event in events {
            let stamped = FundStamped { at: self.now, actor: actor(who), event: event.clone() };
            self.ledger = self.ledger.clone().post(&event.moves()).expect("it was tried");
            if let Some(id) = event.advance() {
                let folded = match self.advances.remove(&id) {
                    None => Advance::begin(&stamped),
                    Some(before) => before.apply(&stamped),
                };
                self.advances.insert(id, folded.expect("what is decided can be applied"));
            }
            match &event {
                FundEvent::AdvanceRequested { fen, .. } => {
                    let who = stamped.actor.pseudonym;
                    self.day = self.day.clone().with(who, *fen).expect("little money");
                }
                FundEvent::Proposed { proposal, kind } => {
                    let made = Proposal {
                        id: *proposal,
                        kind: kind.clone(),
                        proposed_by: stamped.actor.pseudonym,
                        proposed_at: self.now,
                        agreed: None,
                    };
                    self.proposals.insert(*proposal, made);
                }
                FundEvent::PoolReturned { proposal, .. }
                | FundEvent::DepositReturned { proposal, .. }
                | FundEvent::WrittenOff { proposal, .. }
                | FundEvent::Reversed { proposal, .. }
                | FundEvent::ProposalDeclined { proposal } => {
                    self.proposals.get_mut(proposal).expect("it was made").agreed = Some(true);
                }
                _ => {}
            }
            self.entries.push(event);
        }
    }

    fn does(&mut self, who: u8, command: &FundCommand, on: Option<u8>) {
        let events = self.attempt(who, command, on);
        let events = events.unwrap_or_else(|refusal| panic!("{refusal}"));
        self.take(who, events);
    }

    /// What comes of it: the events, or the code of the refusal.
    fn outcome(&self, who: u8, command: &FundCommand, on: Option<u8>) -> String {
        match self.attempt(who, command, on) {
            Ok(events) => events.iter().map(FundEvent::kind).collect::<Vec<_>>().join(" "),
            Err(refusal) => match refusal.field() {
                Some(field) if refusal.code() == "field_invalid" => {
                    format!("field_invalid:{field}")
                }
                _ => refusal.code().to_owned(),
            },
        }
    }

    fn status(&self, n: u8) -> AdvanceStatus {
        self.advances[&advance(n)].status
    }

    /// An advance of this amount that was paid; the shop's deposit stands ready.
    fn with_paid(deposit: i64, fen: i64) -> Self {
        let mut world = Self::new(500_000);
        if deposit > 0 {
            let received = world.slip(deposit);
            world.does(CASHIER, &FundCommand::ReceiveDeposit { tenant: shop(1), received }, None);
        }
        world.does(CLERK, &world.request(1, Some(1), fen), None);
        world.does(SUPERVISOR, &FundCommand::Approve, Some(1));
        if world.status(1) == AdvanceStatus::Requested {
            world.does(MANAGER, &FundCommand::Approve, Some(1));
        }
        world.does(CASHIER, &submit(), Some(1));
        world.does(CASHIER, &world.paid(fen), Some(1));
        world
    }
}

fn submit() -> FundCommand {
    FundCommand::Submit { provider: "manual".to_owned() }
}

fn refuse() -> FundCommand {
    FundCommand::ConfirmRefused { cause: "account_closed".to_owned() }
}

fn propose(n: u8, kind: ProposalKind) -> FundCommand {
    FundCommand::Propose { proposal: ProposalId::from_bytes([n; 16]), kind }
}

#[test]
fn what_may_be_asked_for_ends_exactly_at_its_limit() {
    let world = World::new(500_000);
    let table = [
        // 谁 — 商户 — 金额（分） — 结果
        (CLERK, None, 0, "field_invalid:fen"),
        (CLERK, None, -1, "field_invalid:fen"),
        (CLERK, None, i64::MAX, "field_invalid:fen"),
        (CLERK, None, 5_000, "advance_requested advance_approved"),
        (CLERK, None, 5_001, "advance_requested"),
        (CLERK, None, 100_000, "advance_requested"),
        (CLERK, None, 100_001, "case_limit"),
        (CLERK, None, 300_001, "more_than_settled"),
        (CLERK, Some(8), 10_000, "tenant_not_there"),
        (CLERK, Some(9), 10_000, "field_invalid:tenant"),
        (2, None, 10_000, "not_first_responder"),
        (SUPERVISOR, None, 10_000, "advance_requested"),
        (CASHIER, None, 10_000, "role_not_permitted"),
    ];
    for (who, tenant, fen, expected) in table {
        assert_eq!(world.outcome(who, &world.request(1, tenant, fen), None), expected, "{fen}");
    }
    for missing in 0..4 {
        let mut grounds = Grounds::ALL;
        match missing {
            0 => grounds.facts_clear = false,
            1 => grounds.evidence_sufficient = false,
            2 => grounds.basis_definite = false,
            _ => grounds.consumer_without_fault = false,
        }
        let (advance, fen) = (advance(1), Fen::new(10_000));
        let command = FundCommand::Request { advance, case: CASE, tenant: None, fen, grounds };
        assert_eq!(world.outcome(CLERK, &command, None), "grounds_not_met");
    }
    let unsettled = World { settled: None, ..world.clone() };
    assert_eq!(unsettled.outcome(CLERK, &unsettled.request(1, None, 1), None), "case_not_settled");
    // What was asked for before counts, whoever asked.
    let mut again = world.clone();
    again.does(CLERK, &again.request(1, Some(1), 60_000), None);
    for (who, n, tenant, fen, expected) in [
        (CLERK, 1, Some(1), 1, "field_invalid:advance"),
        (CLERK, 2, Some(1), 40_000, "advance_requested"),
        (CLERK, 2, Some(1), 40_001, "case_limit"),
    ] {
        let command = again.request(n, tenant, fen);
        assert_eq!(again.outcome(who, &command, None), expected, "{fen} after 60000");
    }
    // A case that was paid in full elsewhere: the limits of shop, day and person.
    let mut wide = again.clone();
    wide.advances.clear();
    assert_eq!(wide.outcome(CLERK, &wide.request(2, None, 60_000), None), "advance_requested");
    assert_eq!(wide.outcome(CLERK, &wide.request(2, None, 60_001), None), "clerk_limit");
    assert_eq!(wide.outcome(SUPERVISOR, &wide.request(2, None, 60_001), None), "advance_requested");
    wide.does(SUPERVISOR, &wide.request(2, None, 90_000), None);
    wide.advances.clear();
    assert_eq!(wide.outcome(MANAGER, &wide.request(3, None, 50_000), None), "advance_requested");
    assert_eq!(wide.outcome(MANAGER, &wide.request(3, None, 50_001), None), "day_limit");
    let mut owing = World::with_paid(0, 100_000);
    let id = advance(1);
    let before = owing.advances.remove(&id).expect("it is there");
    assert_eq!(before.owed(), Fen::new(100_000));
    assert_eq!(
        owing.outcome(MANAGER, &owing.request(2, Some(1), 50_000), None),
        "advance_requested"
    );
    assert_eq!(owing.outcome(MANAGER, &owing.request(2, Some(1), 50_001), None), "tenant_limit");
}

#[test]
fn whoever_asked_approved_or_paid_does_nothing_else() {
    let mut world = World::new(500_000);
    world.does(SUPERVISOR, &world.request(1, None, 50_001), None);
    let approve = FundCommand::Approve;
    assert_eq!(world.outcome(SUPERVISOR, &approve, Some(1)), "same_person");
    assert_eq!(world.outcome(SUPERVISOR, &FundCommand::Decline, Some(1)), "same_person");
    assert_eq!(world.outcome(CLERK, &approve, Some(1)), "role_not_permitted");
    assert_eq!(world.outcome(CASHIER, &submit(), Some(1)), "wrong_status");
    world.does(6, &approve, Some(1));
    assert_eq!(world.status(1), AdvanceStatus::Requested, "above the limit two approve");
    assert_eq!(world.ledger.balance(Account::Reserved), Fen::ZERO);
    assert_eq!(world.outcome(6, &approve, Some(1)), "same_person");
    world.does(MANAGER, &approve, Some(1));
    assert_eq!(world.ledger.balance(Account::Reserved), Fen::new(50_001));
    assert_eq!(world.outcome(MANAGER, &approve, Some(1)), "wrong_status");
    // One of the two is a manager, whichever comes first.
    let mut other = World::new(500_000);
    other.does(CLERK, &other.request(1, None, 50_001), None);
    let mut led = other.clone();
    led.does(MANAGER, &approve, Some(1));
    assert_eq!(led.outcome(SUPERVISOR, &approve, Some(1)), "advance_approved");
    assert_eq!(led.outcome(7, &approve, Some(1)), "advance_approved");
    other.does(SUPERVISOR, &approve, Some(1));
    assert_eq!(other.outcome(6, &approve, Some(1)), "manager_needed");
    assert_eq!(other.outcome(MANAGER, &approve, Some(1)), "advance_approved");
    // Two halves of what needs two people need two people each, and two small claims are none.
    let mut parts = World::new(500_000);
    parts.does(CLERK, &parts.request(1, None, 30_000), None);
    parts.does(SUPERVISOR, &approve, Some(1));
    assert_eq!(parts.status(1), AdvanceStatus::Intended);
    parts.does(CLERK, &parts.request(2, None, 20_001), None);
    parts.does(SUPERVISOR, &approve, Some(2));
    assert_eq!(parts.status(2), AdvanceStatus::Requested, "with the first it is above the limit");
    assert_eq!(parts.outcome(CLERK, &parts.request(3, None, 5_000), None), "advance_requested");
    // Up to the limit one is enough.
    let mut small = World::new(500_000);
    small.does(CLERK, &small.request(1, None, 50_000), None);
    small.does(SUPERVISOR, &approve, Some(1));
    assert_eq!(small.status(1), AdvanceStatus::Intended);
    // More than the pool holds is not approved.
    let mut poor = World::new(49_999);
    poor.does(CLERK, &poor.request(1, None, 50_000), None);
    assert_eq!(poor.outcome(SUPERVISOR, &approve, Some(1)), "short");
}

#[test]
fn a_payment_is_whole_in_part_refused_or_unknown_and_then_known() {
    let mut world = World::new(500_000);
    world.does(CLERK, &world.request(1, None, 50_000), None);
    world.does(SUPERVISOR, &FundCommand::Approve, Some(1));
    assert_eq!(world.outcome(CASHIER, &world.paid(50_000), Some(1)), "wrong_status");
    world.does(CASHIER, &submit(), Some(1));
    assert_eq!(world.outcome(CLERK, &FundCommand::Cancel, Some(1)), "wrong_status");
    for (fen, expected) in [
        (50_001, "field_invalid:fen"),
        (0, "field_invalid:fen"),
        (50_000, "advance_paid"),
        (1, "advance_paid"),
    ] {
        assert_eq!(world.outcome(CASHIER, &world.paid(fen), Some(1)), expected, "{fen}");
    }
    let mut part = world.clone();
    part.does(CASHIER, &part.paid(20_000), Some(1));
    assert_eq!(part.ledger.balance(Account::Pool), Fen::new(480_000));
    assert_eq!(part.ledger.balance(Account::Loss), Fen::new(20_000), "the host bears it");
    let mut refused = world.clone();
    refused.does(CASHIER, &refuse(), Some(1));
    assert_eq!(refused.ledger.balance(Account::Pool), Fen::new(500_000));
    // Nobody knows: only evidence leads out, either way.
    world.does(99, &FundCommand::LoseTrack, Some(1));
    assert_eq!(world.outcome(99, &FundCommand::LoseTrack, Some(1)), "wrong_status");
    assert_eq!(world.outcome(CASHIER, &submit(), Some(1)), "wrong_status", "it is not paid again");
    assert_eq!(world.outcome(CASHIER, &world.paid(50_000), Some(1)), "advance_paid");
    assert_eq!(world.outcome(CASHIER, &refuse(), Some(1)), "advance_refused");
    let odd = FundCommand::ConfirmRefused { cause: "张三的卡".to_owned() };
    assert_eq!(world.outcome(CASHIER, &odd, Some(1)), "field_invalid:cause");
    let mut tomorrow = world.slip(50_000);
    tomorrow.effective_on = tomorrow.effective_on.tomorrow().expect("a day");
    let Received { fen, effective_on, reference } = tomorrow;
    let early = FundCommand::ConfirmPaid(Paid { fen, effective_on, reference });
    assert_eq!(world.outcome(CASHIER, &early, Some(1)), "field_invalid:effective_on");
}

#[test]
fn the_deposit_is_drawn_first_and_the_rest_is_asked_for_in_working_days() {
    for (deposit, drawn, owed) in [(0, 0, 80_000), (30_000, 30_000, 50_000), (90_000, 80_000, 0)] {
        let world = World::with_paid(deposit, 80_000);
        let paid = &world.advances[&advance(1)];
        assert_eq!(paid.recovered_fen, Fen::new(drawn), "{deposit}");
        assert_eq!(paid.owed(), Fen::new(owed), "{deposit}");
        // Five working days from Tuesday the 24th end on Tuesday, December 1st.
        let due = paid.top_up.as_ref().map(|top_up| top_up.due_on.to_string());
        assert_eq!(due.as_deref(), (owed > 0).then_some("2026-12-01"));
    }
    let mut world = World::with_paid(30_000, 80_000);
    let overdue = FundCommand::NoteTopUpOverdue;
    world.now = Timestamp::end_of("2026-12-01".parse().expect("a date"));
    assert_eq!(world.outcome(99, &overdue, Some(1)), "not_due_yet");
    world.now = world.now.plus_millis(1);
    world.does(99, &overdue, Some(1));
    assert_eq!(world.outcome(99, &overdue, Some(1)), "not_due_yet", "once");
    let back = |world: &World, fen| FundCommand::ReceiveRecourse(world.slip(fen));
    assert_eq!(world.outcome(CASHIER, &back(&world, 50_001), Some(1)), "field_invalid:fen");
    world.does(CASHIER, &back(&world, 20_000), Some(1));
    let write_off = |fen| ProposalKind::WriteOff { advance: advance(1), fen: Fen::new(fen) };
    assert_eq!(
        world.outcome(CASHIER, &propose(7, write_off(30_001)), Some(1)),
        "field_invalid:fen"
    );
    world.does(CASHIER, &propose(7, write_off(30_000)), Some(1));
    let agree = FundCommand::ApproveProposal { effective_on: world.now.civil_date() };
    assert_eq!(world.outcome(CASHIER, &agree, Some(7)), "role_not_permitted");
    // What came back meanwhile is not written off.
    let mut paid = world.clone();
    paid.does(CASHIER, &back(&paid, 1), Some(1));
    assert_eq!(paid.outcome(MANAGER, &agree, Some(7)), "field_invalid:fen");
    world.does(MANAGER, &agree, Some(7));
    assert_eq!(world.outcome(MANAGER, &agree, Some(7)), "proposal_over");
    assert_eq!(world.ledger.balance(Account::Loss), Fen::new(30_000));
    assert!(world.advances[&advance(1)].top_up.is_none(), "nothing is owed any more");
}

#[test]
fn money_leaves_the_fund_only_as_two_people_agreed() {
    let mut world = World::new(10_000);
    let too_much = ProposalKind::ReturnPool { fen: Fen::new(10_001) };
    assert_eq!(world.outcome(CASHIER, &propose(7, too_much), None), "short");
    let deposit = ProposalKind::ReturnDeposit { tenant: shop(1), fen: Fen::new(1) };
    assert_eq!(world.outcome(CASHIER, &propose(7, deposit), None), "short");
    world.does(CASHIER, &propose(7, ProposalKind::ReturnPool { fen: Fen::new(10_000) }), None);
    let again = propose(7, ProposalKind::ReturnPool { fen: Fen::new(1) });
    assert_eq!(world.outcome(CASHIER, &again, Some(7)), "field_invalid:proposal");
    assert_eq!(
        world.outcome(SUPERVISOR, &FundCommand::DeclineProposal, Some(7)),
        "role_not_permitted"
    );
    let mut declined = world.clone();
    declined.does(MANAGER, &FundCommand::DeclineProposal, Some(7));
    assert_eq!(declined.ledger, world.ledger);
    let agree = FundCommand::ApproveProposal { effective_on: world.now.civil_date() };
    world.does(MANAGER, &agree, Some(7));
    assert_eq!(world.ledger, Ledger::default());
    assert_eq!(world.outcome(MANAGER, &agree, Some(8)), "not_found");
}

#[test]
fn a_payment_that_came_back_leaves_nobody_owing_and_the_shop_with_what_it_had_paid() {
    let back = |world: &World, fen| FundCommand::Bounce(world.slip(fen));
    // (deposit, paid back, written off) of 80,000 that were paid
    for (deposit, returned, lost) in
        [(0, 0, 0), (30_000, 0, 0), (90_000, 0, 0), (30_000, 20_000, 0), (30_000, 20_000, 30_000)]
    {
        let mut world = World::with_paid(deposit, 80_000);
        if returned > 0 {
            world.does(CASHIER, &FundCommand::ReceiveRecourse(world.slip(returned)), Some(1));
        }
        if lost > 0 {
            let kind = ProposalKind::WriteOff { advance: advance(1), fen: Fen::new(lost) };
            world.does(CASHIER, &propose(7, kind), Some(1));
            let agree = FundCommand::ApproveProposal { effective_on: world.now.civil_date() };
            world.does(MANAGER, &agree, Some(7));
        }
        assert_eq!(world.outcome(CASHIER, &back(&world, 79_999), Some(1)), "field_invalid:fen");
        assert_eq!(world.outcome(MANAGER, &back(&world, 80_000), Some(1)), "role_not_permitted");
        world.does(CASHIER, &back(&world, 80_000), Some(1));
        assert_eq!(world.status(1), AdvanceStatus::Refused);
        let on = |account| world.ledger.balance(account);
        let shops = Fen::new(deposit + returned);
        assert_eq!(on(Account::Deposit(shop(1))), shops, "{deposit} {returned} {lost}");
        assert_eq!(on(Account::Pool), Fen::new(500_000));
        for account in [Account::Receivable(shop(1)), Account::Advanced, Account::Loss] {
            assert_eq!(on(account), Fen::ZERO, "{account} {deposit} {returned} {lost}");
        }
        holds(&world);
        assert_eq!(world.outcome(CASHIER, &back(&world, 80_000), Some(1)), "wrong_status");
        // And the case may be given the money again, to the right account.
        assert_eq!(
            world.outcome(SUPERVISOR, &world.request(2, Some(1), 80_000), None),
            "advance_requested"
        );
    }
    let mut signed = World::with_paid(0, 80_000);
    signed.does(CLERK, &FundCommand::Sign { paper_no: "SK-2026-01".to_owned() }, Some(1));
    assert_eq!(signed.outcome(CASHIER, &back(&signed, 80_000), Some(1)), "signed");
}

#[test]
fn a_deposit_is_there_for_what_its_shop_owes() {
    let mut world = World::with_paid(30_000, 80_000);
    let draw = FundCommand::Draw;
    assert_eq!(world.outcome(CASHIER, &draw, Some(1)), "short");
    let more = FundCommand::ReceiveDeposit { tenant: shop(1), received: world.slip(60_000) };
    world.does(CASHIER, &more, None);
    let give = |fen| ProposalKind::ReturnDeposit { tenant: shop(1), fen: Fen::new(fen) };
    assert_eq!(world.outcome(CASHIER, &propose(7, give(1)), None), "tenant_owes");
    assert_eq!(world.outcome(CLERK, &draw, Some(1)), "role_not_permitted");
    world.does(99, &draw, Some(1));
    assert_eq!(world.advances[&advance(1)].owed(), Fen::ZERO);
    assert_eq!(world.outcome(99, &draw, Some(1)), "nobody_owes", "once");
    // Nothing is owed any more; but not while another advance may make it owe.
    let mut again = world.clone();
    again.does(CLERK, &again.request(2, Some(1), 10_000), None);
    assert_eq!(again.outcome(CASHIER, &propose(7, give(1)), None), "tenant_owes");
    world.does(CASHIER, &propose(7, give(10_000)), None);
    let mut late = world.clone();
    late.does(CLERK, &late.request(2, Some(1), 10_000), None);
    let agree = FundCommand::ApproveProposal { effective_on: world.now.civil_date() };
    assert_eq!(late.outcome(MANAGER, &agree, Some(7)), "tenant_owes");
    world.does(MANAGER, &agree, Some(7));
    assert_eq!(world.ledger.balance(Account::Deposit(shop(1))), Fen::ZERO);
}

#[test]
fn a_slip_counts_once_and_neither_before_its_time_nor_long_after() {
    let world = World::new(500_000);
    let on = |day: &str, reference: &str| {
        let effective_on = day.parse().expect("a day");
        let reference = reference.to_owned();
        FundCommand::Contribute(Received { fen: Fen::new(1), effective_on, reference })
    };
    for (day, reference, expected) in [
        ("2026-11-25", "BANK-2", "field_invalid:effective_on"),
        ("2026-11-24", "BANK-2", "contributed"),
        ("2026-10-24", "BANK-2", "contributed"),
        ("2026-10-23", "BANK-2", "field_invalid:effective_on"),
        ("2026-11-24", "BANK-OLD", "slip_booked"),
        ("2026-11-24", " ", "field_invalid:reference"),
    ] {
        assert_eq!(
            world.outcome(CASHIER, &on(day, reference), None),
            expected,
            "{day} {reference}"
        );
    }
    // A payment was not made before it was approved, however late the provider tells of it.
    let mut paying = world.clone();
    paying.does(CLERK, &paying.request(1, None, 50_000), None);
    paying.does(SUPERVISOR, &FundCommand::Approve, Some(1));
    paying.does(CASHIER, &submit(), Some(1));
    paying.now = paying.now.plus_millis(60 * DAY_MILLIS);
    for (day, expected) in
        [("2026-11-23", "field_invalid:effective_on"), ("2026-11-24", "advance_paid")]
    {
        let effective_on = day.parse().expect("a day");
        let paid = Paid { fen: Fen::new(50_000), effective_on, reference: "P-1".to_owned() };
        let command = FundCommand::ConfirmPaid(paid);
        assert_eq!(paying.outcome(99, &command, Some(1)), expected, "{day}");
    }
}

#[test]
fn a_new_agreement_is_for_days_to_come() {
    let world = World::new(1);
    let adopt = |digest: &str, day: &str| {
        let effective_from = day.parse().expect("a day");
        FundCommand::Adopt { digest: digest.to_owned(), effective_from }
    };
    let digest = "0".repeat(64);
    for (who, digest, day, expected) in [
        (MANAGER, digest.as_str(), "2026-11-24", "agreement_adopted"),
        (MANAGER, &digest, "2027-01-01", "agreement_adopted"),
        (MANAGER, &digest, "2026-11-23", "field_invalid:effective_from"),
        (MANAGER, "abc", "2026-11-24", "field_invalid:digest"),
        (MANAGER, &"G".repeat(64), "2026-11-24", "field_invalid:digest"),
        (CASHIER, &digest, "2026-11-24", "role_not_permitted"),
    ] {
        assert_eq!(world.outcome(who, &adopt(digest, day), None), expected, "{day}");
    }
}

#[test]
fn what_was_approved_is_handed_over_in_its_time_or_released() {
    let mut world = World::new(500_000);
    world.does(CLERK, &world.request(1, None, 50_000), None);
    world.does(SUPERVISOR, &FundCommand::Approve, Some(1));
    // Five working days from Tuesday the 24th.
    world.now = Timestamp::end_of("2026-12-01".parse().expect("a date"));
    assert_eq!(world.outcome(99, &FundCommand::Expire, Some(1)), "not_due_yet");
    assert_eq!(world.outcome(CASHIER, &submit(), Some(1)), "advance_submitted");
    world.now = world.now.plus_millis(1);
    assert_eq!(world.outcome(CASHIER, &submit(), Some(1)), "pay_day_over");
    assert_eq!(world.outcome(99, &FundCommand::Expire, Some(1)), "advance_expired");
    // Another clerk does not take back what was not asked for by them.
    assert_eq!(world.outcome(2, &FundCommand::Cancel, Some(1)), "not_requester");
    assert_eq!(world.outcome(CLERK, &FundCommand::Cancel, Some(1)), "advance_cancelled");
    // What the host bears nobody pays back.
    let mut own = World::new(500_000);
    own.does(CLERK, &own.request(1, None, 50_000), None);
    own.does(SUPERVISOR, &FundCommand::Approve, Some(1));
    own.does(CASHIER, &submit(), Some(1));
    own.does(CASHIER, &own.paid(50_000), Some(1));
    let back = FundCommand::ReceiveRecourse(own.slip(1));
    assert_eq!(own.outcome(CASHIER, &back, Some(1)), "nobody_owes");
}

#[test]
fn who_may_do_what_is_this_table() {
    use FundAction as A;
    //                          Cl Su Ma Ca Sy
    let table = [
        (A::Contribute, "         .  .  .  x  ."),
        (A::ReceiveDeposit, "     .  .  .  x  ."),
        (A::Request, "            x  x  x  .  ."),
        (A::Approve, "            .  x  x  .  ."),
        (A::Decline, "            .  x  x  .  ."),
        (A::Cancel, "             x  x  x  .  ."),
        (A::Expire, "             .  .  .  .  x"),
        (A::Submit, "             .  .  .  x  x"),
        (A::ConfirmPaid, "        .  .  .  x  x"),
        (A::ConfirmRefused, "     .  .  .  x  x"),
        (A::LoseTrack, "          .  .  .  .  x"),
        (A::Sign, "               x  x  x  x  ."),
        (A::AddEvidence, "        x  x  x  x  ."),
        (A::Bounce, "             .  .  .  x  ."),
        (A::Draw, "               .  .  .  x  x"),
        (A::ReceiveRecourse, "    .  .  .  x  ."),
        (A::NoteTopUpOverdue, "   .  .  .  .  x"),
        (A::Clear, "              .  .  .  x  ."),
        (A::Propose, "            .  .  .  x  ."),
        (A::ApproveProposal, "    .  .  x  .  ."),
        (A::DeclineProposal, "    .  .  x  .  ."),
        (A::Adopt, "              .  .  x  .  ."),
        (A::Assert, "             .  .  .  x  x"),
    ];
    assert_eq!(table.map(|(action, _)| action), A::ALL);
    let columns = [Role::Clerk, Role::Supervisor, Role::Manager, Role::Cashier, Role::System];
    for (action, row) in table {
        let marks: Vec<bool> = row.split_whitespace().map(|mark| mark == "x").collect();
        for role in Role::ALL {
            let column = columns.iter().position(|one| *one == role);
            let expected = column.is_some_and(|column| marks[column]);
            assert_eq!(role_may(role, action), expected, "{action:?} {role:?}");
        }
    }
}

/// One thing that somebody tries.
#[derive(Clone, Debug)]
struct Try {
    who: u8,
    what: u8,
    on: u8,
    fen: i64,
    later: i64,
}

fn one_try() -> impl Strategy<Value = Try> {
    let who = prop::sample::select(vec![1_u8, 3, 4, 5, 5, 6, 7, 99]);
    let fen = prop_oneof![4 => 1_i64..60_000, 1 => Just(1), 1 => any::<i64>()];
    let later = prop_oneof![4 => 1_i64..DAY_MILLIS / 4, 1 => 1..9 * DAY_MILLIS];
    (who, 0_u8..20, 1_u8..5, fen, later).prop_map(|(who, what, on, fen, later)| Try {
        who,
        what,
        on,
        fen,
        later,
    })
}

fn tried(world: &World, one: &Try) -> FundCommand {
    let fen = Fen::new(one.fen);
    let tenant = shop(1 + one.on % 2);
    let fresh = 10 + u8::try_from(world.proposals.len()).unwrap_or(200);
    match one.what {
        0 => FundCommand::Contribute(world.slip(one.fen)),
        1 => FundCommand::ReceiveDeposit { tenant, received: world.slip(one.fen) },
        2 | 3 => world.request(one.on, Some(1 + one.on % 2), one.fen),
        4 => world.request(one.on, None, one.fen),
        5 | 6 => FundCommand::Approve,
        7 => FundCommand::Decline,
        8 => FundCommand::Cancel,
        9 => FundCommand::Expire,
        10 => submit(),
        11 => world.paid(one.fen),
        12 => refuse(),
        13 => FundCommand::LoseTrack,
        14 => FundCommand::ReceiveRecourse(world.slip(one.fen)),
        15 => FundCommand::Clear { received: world.slip(one.fen) },
        16 => propose(fresh, ProposalKind::WriteOff { advance: advance(one.on), fen }),
        17 => FundCommand::Draw,
        18 => {
            let paid =
                world.advances.get(&advance(one.on)).map_or(one.fen, |of| of.paid_fen.as_fen());
            FundCommand::Bounce(world.slip(paid))
        }
        _ => propose(fresh, ProposalKind::ReturnDeposit { tenant, fen }),
    }
}

fn sum(amounts: impl Iterator<Item = Fen>) -> Fen {
    Fen::checked_sum(amounts).expect("it fits")
}

/// What must hold of every fund at every moment.
fn holds(world: &World) {
    let ledger = &world.ledger;
    assert_eq!(ledger.difference(), 0);
    assert!(ledger.balances().all(|(_, fen)| fen > Fen::ZERO));
    let of = |statuses: &[AdvanceStatus]| {
        let those = world.advances.values().filter(|one| statuses.contains(&one.status));
        sum(those.map(|one| one.fen))
    };
    assert_eq!(ledger.balance(Account::Reserved), of(&[AdvanceStatus::Intended]));
    let in_flight = of(&[AdvanceStatus::Submitted, AdvanceStatus::Unknown]);
    assert_eq!(ledger.balance(Account::Payable), in_flight);
    let owed = sum(world.advances.values().map(Advance::owed));
    let receivable = [1, 2].map(|n| ledger.balance(Account::Receivable(shop(n))));
    assert_eq!(sum(receivable.into_iter()), owed);
    let out = ledger.balance(Account::Loss).checked_add(owed);
    assert_eq!(Some(ledger.balance(Account::Advanced)), out);
    for id in world.advances.keys() {
        let paid = world.entries.iter().filter(
            |event| matches!(event, FundEvent::AdvancePaid { advance, .. } if advance == id),
        );
        assert!(paid.count() <= 1, "{id} was paid twice");
    }
}

proptest! {
    #[test]
    fn whatever_is_tried_the_fund_stays_true(tries in prop::collection::vec(one_try(), 1..120)) {
        let mut world = World::new(400_000);
        for one in tries {
            world.now = world.now.plus_millis(one.later);
            let command = tried(&world, &one);
            let Ok(events) = world.attempt(one.who, &command, Some(one.on)) else { continue };
            for event in &events {
                let json = serde_json::to_value(event).expect("it serializes");
                prop_assert_eq!(&serde_json::from_value::<FundEvent>(json).expect("it reads"), event);
            }
            world.take(one.who, events);
            holds(&world);
            // A proposal is agreed to at once, so that money moves that way too.
            let waiting = world.proposals.values().find(|one| one.agreed.is_none());
            if let Some(id) = waiting.map(|one| one.id.as_bytes()[0]) {
                let agree = FundCommand::ApproveProposal { effective_on: world.now.civil_date() };
                match world.attempt(MANAGER, &agree, Some(id)) {
                    Ok(events) => world.take(MANAGER, events),
                    Err(_) => world.proposals.retain(|_, one| one.agreed.is_some()),
                }
                holds(&world);
            }
        }
    }
}
