//! Cases that live: each from its diversion to its end through the real engine, a tenth of them handed
//! back, a tenth paid first out of the fund.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use green_channel::case::{
    Actor, Closing, Command, ContactMethod, ContactResult, HandbackReason, Private, ReportKind,
    Role, TermKind, Terms,
};
use green_channel::channel::fund::FundTarget;
use green_channel::codes::Outcome;
use green_channel::fund::{FundCommand, FundRules, Grounds, Paid, Received};
use green_channel::ids::{AdvanceId, CaseId, OfferId, Pseudonym};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::store::Store;

use crate::say;
use crate::world::{Engine, World};

const TASKS: usize = 48;
const CLERK: Actor = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([1; 16]) };
const CASHIER: Actor = Actor { role: Role::Cashier, pseudonym: Pseudonym::new([5; 16]) };
const CENTER: Actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([6; 16]) };
const SYSTEM: Actor = Actor { role: Role::System, pseudonym: Pseudonym::new([7; 16]) };

/// Lets cases live until the log has so many entries.
pub(super) async fn live(world: &World, events: u64) {
    let engine = world.engine_with(wide()).await;
    let today = engine.now().civil_date();
    let most = Received {
        fen: Fen::new(100_000_000_000),
        effective_on: today,
        reference: "BANK-1".to_owned(),
    };
    let filled = FundCommand::Contribute(most);
    engine.act_fund(CASHIER, &filled, &FundTarget::default()).await.expect("it is booked");
    let done = Arc::new(AtomicU64::new(0));
    loop {
        while engine.sequence().await.expect("the log grows").more {}
        let size = engine.store().log_head().await.expect("it reads").size;
        say(&format!("  living: {size} of {events} events"));
        if size >= events {
            break;
        }
        let bodies = Arc::new(world.bodies(2_000));
        let next = Arc::new(AtomicU64::new(0));
        let mut running = Vec::new();
        for _ in 0..TASKS {
            let (engine, bodies) = (engine.clone(), Arc::clone(&bodies));
            let (next, done) = (Arc::clone(&next), Arc::clone(&done));
            running.push(tokio::spawn(async move {
                loop {
                    let place = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).expect("few");
                    let Some((_, body)) = bodies.get(place) else { break };
                    life(&engine, body, done.fetch_add(1, Ordering::Relaxed)).await;
                }
            }));
        }
        for task in running {
            task.await.expect("a life does not panic");
        }
    }
    engine.store().close().await.expect("the store closes");
}

fn wide() -> FundRules {
    let most = Fen::new(100_000_000_000);
    FundRules {
        case_limit_fen: most,
        tenant_limit_fen: most,
        day_limit_fen: Fen::new(i64::from(u32::MAX) * 1_000),
        clerk_day_limit_fen: Fen::new(i64::from(u32::MAX) * 1_000),
        small_claim_fen: Fen::new(50_000),
        ..FundRules::default()
    }
}

async fn life(engine: &Engine, body: &[u8], number: u64) {
    let id = engine.divert(None, body).await.expect("it is taken").case;
    let said = |text: &str| Personal::new(text.to_owned());
    act(engine, id, CLERK, Command::Accept).await;
    let (method, result) = (ContactMethod::Phone, ContactResult::Reached);
    act(engine, id, CLERK, Command::Contact { method, result, note: said("已电话联系") }).await;
    if number.is_multiple_of(10) {
        let back = Command::HandBack {
            reason: HandbackReason::ConsumerAsks,
            summary: said("协商未果"),
        };
        act(engine, id, CLERK, back).await;
        return receipts(engine, id).await;
    }
    let offer_id = OfferId::new(engine.now(), engine.random());
    act(engine, id, CLERK, offer(engine, offer_id)).await;
    let yes = Command::Answer { offer_id, accepted: true, text: None, signature: None };
    act(engine, id, CENTER, yes).await;
    if number % 10 == 1 {
        pay_first(engine, id).await;
    }
    let closing = Closing {
        outcome: Outcome::Monetary,
        method: ContactMethod::Phone,
        process: said("已协商"),
        result: said("已退款"),
        recovered_fen: Fen::new(20_000),
    };
    act(engine, id, CLERK, Command::Perform { proof: said("流水"), closing }).await;
    if number.is_multiple_of(3) {
        act(engine, id, CENTER, Command::Rate { stars: 5, text: None, signature: None }).await;
    }
    receipts(engine, id).await;
}

fn offer(engine: &Engine, offer_id: OfferId) -> Command {
    let day = |days: i64| engine.now().plus_millis(days * 86_400_000).civil_date();
    Command::Offer {
        offer_id,
        terms: Terms {
            kinds: vec![TermKind::Refund],
            refund_fen: Fen::new(20_000),
            damages_fen: Fen::ZERO,
            multiple_fen: Fen::ZERO,
            mental_damages_fen: Fen::ZERO,
            perform_by: day(5),
            in_exchange: Vec::new(),
        },
        answer_by: day(3),
        text: Personal::new("全额退款".to_owned()),
    }
}

/// 小额即赔: asked for and approved in one, handed to the cashier, paid.
async fn pay_first(engine: &Engine, id: CaseId) {
    let advance = AdvanceId::new(engine.now(), engine.random());
    let stream = engine.load(id).await.expect("it is there").stream;
    let (fen, grounds) = (Fen::new(20_000), Grounds::ALL);
    let asked = FundCommand::Request { advance, case: stream, tenant: None, fen, grounds };
    let words = vec![
        Private::new("payee_name", "王某"),
        Private::new("payee_account", "6222020000001234567"),
        Private::new("payee_bank", "某某银行城东支行"),
        Private::new("reason", "商户拒不退款"),
    ];
    let target = FundTarget { case: Some(id), words, ..FundTarget::default() };
    engine.act_fund(CLERK, &asked, &target).await.expect("a small claim");
    let submit = FundCommand::Submit { provider: "manual".to_owned() };
    engine.act_fund(CASHIER, &submit, &FundTarget::advance(advance)).await.expect("in hand");
    let (effective_on, reference) = (engine.now().civil_date(), format!("S-{advance}"));
    let paid = FundCommand::ConfirmPaid(Paid { fen, effective_on, reference });
    engine.act_fund(CASHIER, &paid, &FundTarget::advance(advance)).await.expect("it is paid");
}

/// Every report of the case arrives.
async fn receipts(engine: &Engine, id: CaseId) {
    for row in engine.store().outbox_of(id).await.expect("it reads") {
        let report = ReportKind::from_code(&row.kind).expect("a kind of ours");
        let receipt = Personal::new("eyJ.receipt.of-the-center".to_owned());
        act(engine, id, SYSTEM, Command::RecordReceipt { report_id: row.id, report, receipt })
            .await;
    }
}

async fn act(engine: &Engine, id: CaseId, actor: Actor, command: Command) {
    let acted = engine.act(id, actor, &command, None).await;
    acted.unwrap_or_else(|error| panic!("{}: {error}", command.action().code()));
}
