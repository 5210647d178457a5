//! A merchant with a fund, a witness and a shop, played through the real engine.

use std::sync::{Arc, Mutex};

use green_channel::calendar::Calendar;
use green_channel::case::{
    Actor, Closing, Command, ContactMethod, HandbackReason, Private, Role, RuleSet, TermKind, Terms,
};
use green_channel::channel::fund::FundTarget;
use green_channel::channel::{
    CenterTrust, Channel, ChannelConfig, Host, KeyRing, KeyRingFile, WitnessAnswer, WitnessClient,
};
use green_channel::codes::Outcome;
use green_channel::fund::{FundCommand, FundRules, Grounds, Paid, Received};
use green_channel::ids::{AdvanceId, CaseId, OfferId, Pseudonym, TenantId};
use green_channel::log::{AddCheckpoint, Cosigner, Hash, NoteVerifier, WitnessRefusal};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::store::Store;
use green_channel::store::sqlite::{SqliteOptions, SqliteStore};
use green_channel::testkit::{ManualClock, SeededEntropy, SimCenter, SimCenterConfig, corpus};
use green_channel::time::{Clock, Timestamp};

pub(crate) const ORIGIN: &str = "mall.example/log";
const CLERK: Actor = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([1; 16]) };
const SUPERVISOR: Actor = Actor { role: Role::Supervisor, pseudonym: Pseudonym::new([3; 16]) };
const MANAGER: Actor = Actor { role: Role::Manager, pseudonym: Pseudonym::new([4; 16]) };
const CASHIER: Actor = Actor { role: Role::Cashier, pseudonym: Pseudonym::new([5; 16]) };
const CENTER: Actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([6; 16]) };
const USCC: &str = "91000000000000000K";
const KEYS: u64 = 9;

/// A witness inside this process.
pub(crate) struct Witness {
    pub(crate) key: Cosigner,
    log: NoteVerifier,
    last: Mutex<Option<(u64, Hash)>>,
    clock: Arc<ManualClock>,
}

impl Witness {
    pub(crate) fn of(log: NoteVerifier, seed: u8, clock: Arc<ManualClock>) -> Self {
        let key = Cosigner::from_seed("12315.example/witness", [seed; 32]);
        Self { key, log, last: Mutex::new(None), clock }
    }
}

impl WitnessClient for Witness {
    async fn add_checkpoint(&self, _: &str, body: String) -> WitnessAnswer {
        let mut last = self.last.lock().expect("no panic");
        let request = AddCheckpoint::parse(&body).expect("a request of the protocol");
        match request.consider(&self.log, *last) {
            Ok(head) => {
                *last = Some((head.size, head.root));
                WitnessAnswer::Cosigned(self.key.cosign(&head.text(), self.clock.now()))
            }
            Err(WitnessRefusal::Conflict { size }) => WitnessAnswer::Conflict { size },
            Err(refusal) => WitnessAnswer::Refused(refusal.status()),
        }
    }
}

pub(crate) struct Mall {
    pub(crate) channel: Channel<SqliteStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) witness: Witness,
    center: SimCenter,
    sent: Mutex<usize>,
    _folder: tempfile::TempDir,
}

/// The key that signs the log, as a thief of `keys.json` has it.
pub(crate) fn key_ring() -> KeyRing {
    KeyRing::from_file(&KeyRingFile::generate(&SeededEntropy::new(KEYS))).expect("fresh keys read")
}

pub(crate) async fn mall(origin: &str) -> Mall {
    let now = "2026-11-02T09:00:00+08:00".parse().expect("an instant");
    let clock = Arc::new(ManualClock::at(now));
    let merchant = "https://mall.example".to_owned();
    let config = SimCenterConfig {
        issuer: "https://center.example".to_owned(),
        merchant_url: merchant.clone(),
        merchant_address: merchant.clone(),
        merchant_uscc: USCC.to_owned(),
    };
    let center = SimCenter::new(config, clock.clone(), Arc::new(SeededEntropy::new(1)));
    let center = center.expect("the TLS backend starts");
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("db"), SqliteOptions::default());
    let most = Fen::new(100_000_000);
    let config = ChannelConfig {
        host: Host {
            base_url: merchant,
            uscc: USCC.to_owned(),
            name: "商场".to_owned(),
            log_origin: origin.to_owned(),
        },
        center: CenterTrust::new("https://center.example", center.keys()),
        keys: key_ring(),
        rules: RuleSet::named("odr-2026.2").expect("shipped"),
        more_rules: Vec::new(),
        retention_years: ChannelConfig::RETENTION_YEARS,
        calendar: Calendar::shipped(),
        clerk_offer_limit: most,
        fund: FundRules {
            case_limit_fen: most,
            tenant_limit_fen: most,
            day_limit_fen: most,
            clerk_day_limit_fen: most,
            second_approval_above_fen: Fen::new(50_000),
            ..FundRules::default()
        },
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    };
    let entropy = Arc::new(SeededEntropy::new(100));
    let store = store.expect("the store opens");
    let channel = Channel::open(store, config, clock.clone(), entropy).await.expect("it opens");
    let log = NoteVerifier::parse(&channel.log_vkey()).expect("a key");
    let witness = Witness::of(log, 21, clock.clone());
    Mall { channel, clock, witness, center, sent: Mutex::new(0), _folder: folder }
}

fn said(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

impl Mall {
    /// The policy of whoever trusts this merchant's log and this witness.
    pub(crate) fn policy(&self) -> String {
        let (log, witness) = (self.channel.log_vkey(), self.witness.key.verifier());
        format!(
            "log {log}\nwitness center {witness} https://12315.example/witness\nquorum center\n"
        )
    }

    pub(crate) async fn divert(&self) -> CaseId {
        let n = {
            let mut sent = self.sent.lock().expect("no panic");
            *sent += 1;
            *sent
        };
        let no = format!("no-{n}");
        let all = corpus::corpus();
        let (case, now) = (&all[n % all.len()], self.clock.now());
        let consent = self.center.consent(&no);
        let complaint = case.to_complaint(7, &no, now, USCC, "商场", &consent).to_string();
        self.channel.divert(None, complaint.as_bytes()).await.expect("it is taken").case
    }

    pub(crate) async fn act(&self, id: CaseId, actor: Actor, command: Command) {
        let acted = self.channel.act(id, actor, &command, None).await;
        acted.unwrap_or_else(|error| panic!("{}: {error}", command.action().code()));
        self.clock.advance(60_000);
    }

    async fn fund(&self, actor: Actor, command: FundCommand, target: FundTarget) {
        self.channel.act_fund(actor, &command, &target).await.expect("the fund lets it");
        self.clock.advance(60_000);
    }

    fn day(&self, days: i64) -> green_channel::time::Date {
        self.clock.now().plus_millis(days * 86_400_000).civil_date()
    }

    pub(crate) async fn settle(&self, fen: i64) -> CaseId {
        let id = self.divert().await;
        self.act(id, CLERK, Command::Accept).await;
        let offer_id = OfferId::new(self.clock.now(), self.channel.random());
        let terms = Terms {
            kinds: vec![TermKind::Refund],
            refund_fen: Fen::new(fen),
            damages_fen: Fen::ZERO,
            multiple_fen: Fen::ZERO,
            mental_damages_fen: Fen::ZERO,
            perform_by: self.day(5),
            in_exchange: Vec::new(),
        };
        let answer_by = self.day(3);
        let offer = Command::Offer { offer_id, terms, answer_by, text: said("全额退款") };
        self.act(id, CLERK, offer).await;
        let yes = Command::Answer { offer_id, accepted: true, text: None, signature: None };
        self.act(id, CENTER, yes).await;
        id
    }

    pub(crate) async fn perform(&self, id: CaseId, fen: i64) {
        let closing = Closing {
            outcome: Outcome::Monetary,
            method: ContactMethod::Phone,
            process: said("已协商"),
            result: said("已退款"),
            recovered_fen: Fen::new(fen),
        };
        self.act(id, CLERK, Command::Perform { proof: said("流水"), closing }).await;
    }

    pub(crate) async fn hand_back(&self) -> CaseId {
        let id = self.divert().await;
        self.act(id, CLERK, Command::Accept).await;
        let reason = HandbackReason::ConsumerAsks;
        self.act(id, CLERK, Command::HandBack { reason, summary: said("协商未果") }).await;
        id
    }

    pub(crate) async fn fill(&self, fen: i64) {
        let (effective_on, reference) = (self.day(0), format!("BANK-{fen}"));
        let received = Received { fen: Fen::new(fen), effective_on, reference };
        self.fund(CASHIER, FundCommand::Contribute(received), FundTarget::default()).await;
    }

    pub(crate) async fn shop(&self) -> TenantId {
        let draft: green_channel::tenants::TenantDraft =
            serde_json::from_value(serde_json::json!({
                "uscc": "91350100M000100Y43", "name": "示例童装", "kind": "mall_shop",
                "stall_no": "B1-07", "contact_name": "林某", "contact_phone": "13900005520",
                "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
            }))
            .expect("a draft");
        let tenant = draft.into_tenant().expect("it can stand");
        self.channel.tenant_add(MANAGER, &tenant).await.expect("it is added")
    }

    /// Names the shop that answers for a case.
    pub(crate) async fn assign(&self, id: CaseId, shop: TenantId) {
        self.act(id, CLERK, Command::Assign { tenant: shop, named: false }).await;
    }

    /// Asked for, approved by two, handed over, paid.
    pub(crate) async fn pay_first(&self, id: CaseId, tenant: Option<TenantId>, fen: i64) {
        let advance = AdvanceId::new(self.clock.now(), self.channel.random());
        let case = self.channel.load(id).await.expect("it is there").stream;
        let fen = Fen::new(fen);
        let asked = FundCommand::Request { advance, case, tenant, fen, grounds: Grounds::ALL };
        let words = vec![
            Private::new("payee_name", "王某"),
            Private::new("payee_account", "6222020000001234567"),
            Private::new("payee_bank", "某某银行城东支行"),
            Private::new("reason", "商户拒不退款"),
        ];
        let target = FundTarget { case: Some(id), words, ..FundTarget::default() };
        self.fund(CLERK, asked, target).await;
        for actor in [SUPERVISOR, MANAGER] {
            self.fund(actor, FundCommand::Approve, FundTarget::advance(advance)).await;
        }
        let submit = FundCommand::Submit { provider: "manual".to_owned() };
        self.fund(CASHIER, submit, FundTarget::advance(advance)).await;
        let (effective_on, reference) = (self.day(0), format!("S-{advance}"));
        let paid = FundCommand::ConfirmPaid(Paid { fen, effective_on, reference });
        self.fund(CASHIER, paid, FundTarget::advance(advance)).await;
    }

    pub(crate) async fn reveal(&self, id: CaseId) {
        let auditor = Actor { role: Role::Auditor, pseudonym: Pseudonym::new([8; 16]) };
        let fields = ["name", "phone"].map(str::to_owned).to_vec();
        self.act(id, auditor, Command::Reveal { fields, reason: said("审计") }).await;
    }

    /// Puts everything in the log, has it cosigned, and gives the head.
    pub(crate) async fn cosigned(&self) -> String {
        while self.channel.sequence().await.expect("the log grows").more {}
        let policy = green_channel::log::TrustPolicy::parse(&self.policy()).expect("a policy");
        let done = self.channel.cosign(&policy, &self.witness).await.expect("it is asked");
        assert!(done.quorum, "{done:?}");
        self.channel.cosigned_head().await.expect("it reads").expect("it is kept").note
    }

    pub(crate) async fn entries(&self) -> Vec<Vec<u8>> {
        let (mut all, mut from) = (Vec::new(), 0);
        loop {
            let page = self.channel.store().log_entries(from, 500).await.expect("it reads");
            if page.is_empty() {
                return all;
            }
            from += u64::try_from(page.len()).expect("few");
            all.extend(page.into_iter().map(|leaf| leaf.bytes));
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
