//! Two servers over one PostgreSQL database pay out of one fund: whatever they do at once, neither takes
//! what the other has taken.

use std::sync::Arc;

use green_channel::calendar::Calendar;
use green_channel::case::{Actor, Command, Private, Role, RuleSet, TermKind, Terms};
use green_channel::channel::fund::{FundError, FundTarget};
use green_channel::channel::{
    CenterTrust, Channel, ChannelConfig, Host, KeyRing, KeyRingFile, SystemClock, SystemEntropy,
};
use green_channel::fund::{FundCommand, FundRules, Grounds, Received};
use green_channel::ids::{AdvanceId, CaseId, OfferId, Pseudonym};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::store::AnyStore;
use green_channel::testkit::{SeededEntropy, SimCenter, SimCenterConfig, corpus};
use green_channel::time::DAY_MILLIS;
use green_channel_tests::{Postgres, now};
use tokio::task::JoinSet;

type Engine = Channel<AnyStore>;

const MERCHANT: &str = "https://mall.example";
const USCC: &str = "91000000000000000K";
const CLERK: Actor = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([1; 16]) };
const CASHIER: Actor = Actor { role: Role::Cashier, pseudonym: Pseudonym::new([5; 16]) };
const CENTER: Actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([6; 16]) };
const CLAIM: Fen = Fen::new(100);

/// Claims at once, of which a fund worth 50 can take 50; the 500 rounds are `FUND_ROUNDS=500`.
const CLAIMS: usize = 200;

async fn replica(database: &str, keys: &KeyRing, center: &SimCenter) -> Engine {
    let store = AnyStore::open(database, 4096).await.expect("the store opens");
    let most = Fen::new(100_000_000_000);
    let config = ChannelConfig {
        host: Host {
            base_url: MERCHANT.to_owned(),
            uscc: USCC.to_owned(),
            name: "商场".to_owned(),
            log_origin: "mall.example/log".to_owned(),
        },
        center: CenterTrust::new("https://center.example", center.keys()),
        keys: keys.clone(),
        rules: RuleSet::current("odr-2026").expect("shipped"),
        more_rules: Vec::new(),
        retention_years: ChannelConfig::RETENTION_YEARS,
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(500_000),
        fund: FundRules {
            day_limit_fen: most,
            clerk_day_limit_fen: most,
            small_claim_fen: CLAIM,
            ..FundRules::default()
        },
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    };
    let opened = Channel::open(store, config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await;
    opened.expect("the engine opens")
}

async fn settled(engine: &Engine, center: &SimCenter, n: usize) -> CaseId {
    let no = format!("no-{n}");
    let consent = center.consent(&no);
    let complaint =
        corpus::corpus()[0].to_complaint(7, &no, now(), USCC, "商场", &consent).to_string();
    let id = engine.divert(None, complaint.as_bytes()).await.expect("it is taken").case;
    let offer_id = OfferId::new(now(), engine.random());
    // Tomorrow, so that midnight changes nothing.
    let day = now().plus_millis(DAY_MILLIS).civil_date();
    let terms = Terms {
        kinds: vec![TermKind::Refund],
        refund_fen: CLAIM,
        damages_fen: Fen::ZERO,
        multiple_fen: Fen::ZERO,
        mental_damages_fen: Fen::ZERO,
        perform_by: day,
        in_exchange: Vec::new(),
    };
    let text = Personal::new("退款".to_owned());
    let offer = Command::Offer { offer_id, terms, answer_by: day, text };
    let yes = Command::Answer { offer_id, accepted: true, text: None, signature: None };
    for (actor, command) in [(CLERK, Command::Accept), (CLERK, offer), (CENTER, yes)] {
        engine.act(id, actor, &command, None).await.expect("it is allowed");
    }
    id
}

async fn claim(engine: &Engine, case: CaseId) -> Result<AdvanceId, FundError> {
    let advance = AdvanceId::new(now(), engine.random());
    let stream = engine.load(case).await.expect("it is there").stream;
    let command = FundCommand::Request {
        advance,
        case: stream,
        tenant: None,
        fen: CLAIM,
        grounds: Grounds::ALL,
    };
    let words = vec![Private::new("payee_name", "王某")];
    let target = FundTarget { case: Some(case), words, ..FundTarget::default() };
    engine.act_fund(CLERK, &command, &target).await.map(|_| advance)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_never_take_more_out_of_the_fund_than_there_is() {
    let postgres = Postgres::start();
    let database = postgres.database("fund");
    let config = SimCenterConfig {
        issuer: "https://center.example".to_owned(),
        merchant_url: MERCHANT.to_owned(),
        merchant_address: MERCHANT.to_owned(),
        merchant_uscc: USCC.to_owned(),
    };
    let center = SimCenter::new(config, Arc::new(SystemClock), Arc::new(SeededEntropy::new(1)));
    let center = center.expect("the TLS backend starts");
    let keys = KeyRing::from_file(&KeyRingFile::generate(&SeededEntropy::new(9))).expect("keys");
    let replicas =
        [replica(&database, &keys, &center).await, replica(&database, &keys, &center).await];
    let received = Received {
        fen: Fen::new(5_000),
        effective_on: now().civil_date(),
        reference: "BANK-1".to_owned(),
    };
    let contribute = FundCommand::Contribute(received);
    replicas[0].act_fund(CASHIER, &contribute, &FundTarget::default()).await.expect("booked");
    let mut cases = Vec::new();
    for n in 0..CLAIMS {
        cases.push(settled(&replicas[n % 2], &center, n).await);
    }
    let rounds = std::env::var("FUND_ROUNDS").ok().and_then(|text| text.parse().ok());
    for _ in 0..rounds.unwrap_or(2) {
        let mut claims = JoinSet::new();
        for (n, case) in cases.iter().copied().enumerate() {
            let engine = replicas[n % 2].clone();
            claims.spawn(async move { claim(&engine, case).await });
        }
        let mut reserved = Vec::new();
        while let Some(outcome) = claims.join_next().await {
            match outcome.expect("it ends") {
                Ok(id) => reserved.push(id),
                Err(FundError::Refused(refusal)) => assert_eq!(refusal.code(), "short"),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(reserved.len(), 50);
        let seen = replicas[1].fund_overview().await.expect("it reads");
        assert_eq!((seen.pool_fen, seen.reserved_fen), (Fen::ZERO, Fen::new(5_000)));
        for (n, id) in reserved.into_iter().enumerate() {
            let target = FundTarget::advance(id);
            let taken = replicas[n % 2].act_fund(CLERK, &FundCommand::Cancel, &target).await;
            taken.expect("it is taken back");
        }
    }
    let report = replicas[0].fsck().await.expect("it runs");
    assert!(report.sound, "{:?}", report.findings);
}
