//! The engine over a real SQLite file, with a clock that the test moves and a center played by
//! wiremock where it must misbehave on the wire.
#![cfg(all(feature = "sqlite", feature = "testkit"))]

mod bank;
mod case_life;
mod due;
mod fund;
mod indicators;
mod payouts;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use green_channel::calendar::Calendar;
use green_channel::case::{Actor, Command, Role, RuleSet, StateName, TermKind, Terms};
use green_channel::center::{HttpCenter, HttpCenterConfig};
use green_channel::channel::{
    CenterTrust, Channel, ChannelConfig, Delivery, Host, KeyRing, KeyRingFile, OutboxLimits,
};
use green_channel::fund::FundRules;
use green_channel::ids::{CaseId, OfferId, Pseudonym};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::protocol::{
    KeyPurpose, KeySet, ReportReceipt, SigningKey, body_digest, sign_report_receipt,
};
use green_channel::store::sqlite::{SqliteOptions, SqliteStore};
use green_channel::store::{OutboxState, Store};
use green_channel::testkit::{ManualClock, SeededEntropy, SimCenter, SimCenterConfig, corpus};
use green_channel::time::{Clock, DAY_MILLIS, Timestamp};
use wiremock::matchers::{header_exists, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const MERCHANT: &str = "https://mall.example";
const ISSUER: &str = "https://center.example";
const USCC: &str = "91000000000000000K";

struct World {
    channel: Channel<SqliteStore>,
    clock: Arc<ManualClock>,
    center: SimCenter,
    keys: KeyRing,
    _folder: tempfile::TempDir,
}

const CLERK: Actor = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([1; 16]) };

/// A merchant on a Monday morning; `receipt` is one more key the center signs receipts with.
async fn world(receipt: Option<&SigningKey>) -> World {
    world_under(receipt, RuleSet::current("odr-2026").expect("shipped"), Vec::new()).await
}

/// The same under other rules.
async fn world_under(
    receipt: Option<&SigningKey>,
    rules: RuleSet,
    more_rules: Vec<RuleSet>,
) -> World {
    world_of(receipt, rules, more_rules, FundRules::default()).await
}

/// The same with other limits of the fund.
async fn world_with(fund: FundRules) -> World {
    world_of(None, RuleSet::current("odr-2026").expect("shipped"), Vec::new(), fund).await
}

async fn world_of(
    receipt: Option<&SigningKey>,
    rules: RuleSet,
    more_rules: Vec<RuleSet>,
    fund: FundRules,
) -> World {
    let start: Timestamp = "2026-11-23T09:00:00+08:00".parse().expect("an instant");
    let clock = Arc::new(ManualClock::at(start));
    let config = SimCenterConfig {
        issuer: ISSUER.to_owned(),
        merchant_url: MERCHANT.to_owned(),
        merchant_address: MERCHANT.to_owned(),
        merchant_uscc: USCC.to_owned(),
    };
    let center = SimCenter::new(config, clock.clone(), Arc::new(SeededEntropy::new(1)))
        .expect("the TLS backend starts");
    let mut trusted: KeySet = center.keys();
    if let Some(key) = receipt {
        assert!(trusted.insert(key.public()));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("db"), SqliteOptions::default());
    let keys = KeyRing::from_file(&KeyRingFile::generate(&SeededEntropy::new(1_000)));
    let keys = keys.expect("fresh keys read");
    let config = ChannelConfig {
        host: Host {
            base_url: MERCHANT.to_owned(),
            uscc: USCC.to_owned(),
            name: "商场".to_owned(),
            log_origin: "mall.example/log".to_owned(),
        },
        center: CenterTrust::new(ISSUER, trusted),
        keys: keys.clone(),
        rules,
        more_rules,
        retention_years: ChannelConfig::RETENTION_YEARS,
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(500_000),
        fund,
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    };
    let entropy = Arc::new(SeededEntropy::new(2_000));
    let store = store.expect("the store opens");
    let channel = Channel::open(store, config, clock.clone(), entropy).await.expect("it opens");
    World { channel, clock, center, keys, _folder: folder }
}

impl World {
    async fn divert(&self, no: &str) -> CaseId {
        let case = &corpus::corpus()[0];
        let consent = self.center.consent(no);
        let now = self.clock.now();
        let complaint = case.to_complaint(7, no, now, USCC, "商场", &consent).to_string();
        self.channel.divert(None, complaint.as_bytes()).await.expect("it is taken").case
    }

    async fn act(&self, id: CaseId, command: Command) {
        self.channel.act(id, CLERK, &command, None).await.expect("it is allowed");
    }

    fn offer(&self) -> Command {
        let today = self.clock.now().civil_date();
        let day = |days: i64| self.clock.now().plus_millis(days * DAY_MILLIS).civil_date();
        assert!(day(3) > today);
        Command::Offer {
            offer_id: OfferId::new(self.clock.now(), [9; 10]),
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

    fn http(&self, address: &str) -> HttpCenter {
        let config = HttpCenterConfig {
            api_url: address.to_owned(),
            issuer: ISSUER.to_owned(),
            merchant: MERCHANT.to_owned(),
            key: self.keys.request().clone(),
            timeout: Duration::from_millis(300),
        };
        HttpCenter::new(config, self.clock.clone(), Arc::new(SeededEntropy::new(3_000)))
            .expect("the TLS backend starts")
    }

    async fn state(&self, id: CaseId) -> StateName {
        self.channel.load(id).await.expect("it is there").case.state.name()
    }
}

/// A server of its own: a pooled one may still hear a late request of another test.
async fn center_double() -> MockServer {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    MockServer::builder().listener(listener).start().await
}

/// Signs the receipt that belongs to the report it was sent.
struct Receipts(SigningKey);

impl Respond for Receipts {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let report: serde_json::Value = request.body_json().expect("a report is JSON");
        let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
        let receipt = ReportReceipt {
            iss: ISSUER.to_owned(),
            aud: MERCHANT.to_owned(),
            report_id: text("report_id"),
            complaint_no: text("complaint_no"),
            body_sha256: body_digest(&request.body),
            received_at: text("at").parse().expect("an instant"),
        };
        let receipt = sign_report_receipt(&receipt, &self.0);
        ResponseTemplate::new(201).set_body_json(serde_json::json!({ "receipt": receipt }))
    }
}

#[tokio::test]
async fn a_case_rebuilt_from_its_leaves_is_the_case_that_was_kept() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    world.act(id, world.offer()).await;
    world.channel.sequence().await.expect("the log grows");
    let loaded = world.channel.load(id).await.expect("it is there");
    let (rebuilt, reports) =
        world.channel.rebuild(id, &loaded.stream.to_string()).await.expect("it reads");
    assert_eq!(rebuilt, loaded.case);
    assert_eq!(reports, 2);
}

#[tokio::test]
async fn an_offer_expires_when_its_day_is_over_in_beijing_and_not_before() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    world.act(id, world.offer()).await;
    let last = Timestamp::end_of("2026-11-26".parse().expect("a date"));
    world.clock.set(last);
    assert_eq!(world.channel.tick(10, &mut None, None).await.expect("it runs").offers, 0);
    assert_eq!(world.state(id).await, StateName::Offered);
    world.clock.advance(1);
    assert_eq!(world.channel.tick(10, &mut None, None).await.expect("it runs").offers, 1);
    assert_eq!(world.state(id).await, StateName::InProgress);
    assert_eq!(world.channel.tick(10, &mut None, None).await.expect("it runs").offers, 0);
}

#[tokio::test]
async fn a_clock_that_jumps_back_moves_no_deadline() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    let before = world.channel.load(id).await.expect("it is there").case.clocks;
    world.clock.advance(-3 * DAY_MILLIS);
    world.act(id, Command::Accept).await;
    let after = world.channel.load(id).await.expect("it is there").case.clocks;
    let dues = |clocks: &[green_channel::case::CaseClock]| {
        clocks.iter().map(|entry| entry.clock.clone()).collect::<Vec<_>>()
    };
    assert_eq!(dues(&before), dues(&after));
}

#[tokio::test]
async fn a_center_that_asks_for_patience_is_not_knocked_at_before() {
    let receipt = SigningKey::from_seed([5; 32], KeyPurpose::Receipt);
    let world = world(Some(&receipt)).await;
    let double = center_double().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "600");
    Mock::given(method("POST"))
        .and(path("/v1/reports"))
        .respond_with(busy)
        .expect(1)
        .mount(&double)
        .await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let (center, limits) = (world.http(&double.uri()), OutboxLimits::default());
    let sent = world.channel.deliver_due(&center, &limits).await.expect("it runs");
    assert!(matches!(&sent[..], [(_, Delivery::Retry { cause })] if cause == "http_429"));
    world.clock.advance(599_000);
    assert!(world.channel.deliver_due(&center, &limits).await.expect("it runs").is_empty());
    double.verify().await;
    double.reset().await;
    Mock::given(method("POST"))
        .and(path("/v1/reports"))
        .and(header_exists("idempotency-key"))
        .and(header_exists("authorization"))
        .respond_with(Receipts(receipt))
        .mount(&double)
        .await;
    world.clock.advance(2_000);
    let sent = world.channel.deliver_due(&center, &limits).await.expect("it runs");
    assert!(matches!(&sent[..], [(_, Delivery::Delivered)]), "{sent:?}");
    let loaded = world.channel.load(id).await.expect("it is there");
    assert_eq!(loaded.case.receipts.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_receipt_never_counts_as_one() {
    let stranger = SigningKey::from_seed([6; 32], KeyPurpose::Receipt);
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let limits = OutboxLimits { pause_first_millis: 1, pause_max_millis: 1, ..Default::default() };
    let answers: Vec<(&str, Box<dyn Respond>)> = vec![
        ("receipt_invalid", Box::new(Receipts(stranger))),
        ("answer_malformed", Box::new(ResponseTemplate::new(200).set_body_string("<html>"))),
        (
            "answer_malformed",
            Box::new(
                ResponseTemplate::new(200).set_body_string(r#"{"receipt":"a","receipt":"b"}"#),
            ),
        ),
        ("http_302", Box::new(ResponseTemplate::new(302).insert_header("location", "/elsewhere"))),
        ("timeout", Box::new(ResponseTemplate::new(200).set_delay(Duration::from_secs(2)))),
    ];
    for (expect, answer) in answers {
        let double = center_double().await;
        Mock::given(method("POST")).respond_with(Boxed(answer)).mount(&double).await;
        world.clock.advance(1_000);
        let center = world.http(&double.uri());
        let sent = world.channel.deliver_due(&center, &limits).await.expect("it runs");
        assert!(
            matches!(&sent[..], [(_, Delivery::Retry { cause })] if cause == expect),
            "{expect}: {sent:?}"
        );
    }
    let reports = world.channel.store().outbox_of(id).await.expect("it reads");
    assert_eq!((reports[0].state, reports[0].attempts), (OutboxState::Pending, 5));
}

struct Boxed(Box<dyn Respond>);

impl Respond for Boxed {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.respond(request)
    }
}

#[tokio::test]
async fn two_workers_send_a_report_once() {
    let receipt = SigningKey::from_seed([5; 32], KeyPurpose::Receipt);
    let world = world(Some(&receipt)).await;
    let double = center_double().await;
    Mock::given(method("POST")).respond_with(Receipts(receipt)).expect(8).mount(&double).await;
    for n in 0..8 {
        let id = world.divert(&format!("no-{n}")).await;
        world.act(id, Command::Accept).await;
    }
    let (one, two) = (world.http(&double.uri()), world.http(&double.uri()));
    let limits = OutboxLimits::default();
    let (a, b) = tokio::join!(
        world.channel.deliver_due(&one, &limits),
        world.channel.deliver_due(&two, &limits)
    );
    let all: Vec<_> = a.expect("it runs").into_iter().chain(b.expect("it runs")).collect();
    let delivered = all.iter().filter(|(_, outcome)| *outcome == Delivery::Delivered).count();
    assert_eq!(delivered, 8, "{all:?}");
    double.verify().await;
}

#[tokio::test]
async fn a_log_does_not_go_on_under_another_name_or_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = async |origin: &str, seed: u64| {
        let path = folder.path().join("db");
        let store = SqliteStore::open(&path, SqliteOptions::default()).expect("the store opens");
        let keys = KeyRing::from_file(&KeyRingFile::generate(&SeededEntropy::new(seed)));
        let config = ChannelConfig {
            host: Host {
                base_url: MERCHANT.to_owned(),
                uscc: USCC.to_owned(),
                name: "商场".to_owned(),
                log_origin: origin.to_owned(),
            },
            center: CenterTrust::new(ISSUER, KeySet::new()),
            keys: keys.expect("fresh keys read"),
            rules: RuleSet::named("odr-2026").expect("shipped"),
            more_rules: Vec::new(),
            retention_years: ChannelConfig::RETENTION_YEARS,
            calendar: Calendar::shipped(),
            clerk_offer_limit: Fen::ZERO,
            fund: FundRules::default(),
            merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
        };
        let now = "2026-11-23T09:00:00+08:00".parse().expect("an instant");
        let clock = Arc::new(ManualClock::at(now));
        let opened = Channel::open(store, config, clock, Arc::new(SeededEntropy::new(1))).await;
        opened.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(open("mall.example/log", 1).await, Ok(()));
    assert_eq!(open("mall.example/log", 1).await, Ok(()));
    for (origin, seed) in [("other.example/log", 1), ("mall.example/log", 2)] {
        let refused = open(origin, seed).await.expect_err("it is another log");
        assert!(refused.contains("mall.example/log"), "{refused}");
    }
    assert!(open("mall example", 1).await.is_err());
}
