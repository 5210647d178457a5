//! The register of tenants over a real SQLite file: one place, one tenant; no change behind the log.
#![cfg(all(feature = "sqlite", feature = "testkit"))]

use std::sync::Arc;

use green_channel::calendar::Calendar;
use green_channel::case::{Actor, Role, RuleSet};
use green_channel::channel::{
    CenterTrust, Channel, ChannelConfig, HOST_STREAM, Host, KeyRing, KeyRingFile, TenantError,
};
use green_channel::codes::Uscc;
use green_channel::ids::{Pseudonym, TenantId};
use green_channel::log::Leaf;
use green_channel::money::Fen;
use green_channel::protocol::KeySet;
use green_channel::store::Store;
use green_channel::store::sqlite::{SqliteOptions, SqliteStore};
use green_channel::tenants::{Tenant, TenantDraft, TenantKind, TenantStatus};
use green_channel::testkit::{ManualClock, SeededEntropy};

const USCC: &str = "91350100M000100Y43";
const SUPERVISOR: Actor = Actor { role: Role::Supervisor, pseudonym: Pseudonym::new([2; 16]) };

struct World {
    channel: Channel<SqliteStore>,
    clock: Arc<ManualClock>,
    _folder: tempfile::TempDir,
}

async fn world() -> World {
    let start = "2026-11-23T09:00:00+08:00".parse().expect("an instant");
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("db"), SqliteOptions::default());
    let keys = KeyRing::from_file(&KeyRingFile::generate(&SeededEntropy::new(1_000)));
    let config = ChannelConfig {
        host: Host {
            base_url: "https://mall.example".to_owned(),
            uscc: "91000000000000000K".to_owned(),
            name: "商场".to_owned(),
            log_origin: "mall.example/log".to_owned(),
        },
        center: CenterTrust::new("https://center.example", KeySet::new()),
        keys: keys.expect("fresh keys read"),
        rules: RuleSet::named("odr-2026").expect("shipped"),
        more_rules: Vec::new(),
        retention_years: ChannelConfig::RETENTION_YEARS,
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(500_000),
        fund: green_channel::fund::FundRules::default(),
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    };
    let (clock, entropy) = (Arc::new(ManualClock::at(start)), Arc::new(SeededEntropy::new(2_000)));
    let store = store.expect("the store opens");
    let channel = Channel::open(store, config, clock.clone(), entropy).await.expect("it opens");
    World { channel, clock, _folder: folder }
}

impl World {
    /// The kinds and the bytes of what the log says of the host.
    async fn told(&self) -> (Vec<String>, String) {
        let leaves = self.channel.store().leaves(HOST_STREAM, 0, 200).await.expect("they read");
        let texts = leaves.iter().map(|leaf| String::from_utf8_lossy(&leaf.bytes).into_owned());
        let kind = |bytes: &[u8]| Leaf::parse(bytes).expect("a leaf reads").kind;
        (leaves.iter().map(|leaf| kind(&leaf.bytes)).collect(), texts.collect())
    }

    async fn add(&self, stall_no: Option<&str>) -> Result<TenantId, TenantError> {
        // Ids sort by the instant they were made.
        self.clock.advance(1);
        self.channel.tenant_add(SUPERVISOR, &tenant(stall_no)).await
    }
}

fn tenant(stall_no: Option<&str>) -> Tenant {
    let draft = TenantDraft {
        uscc: USCC.to_owned(),
        name: "示例童装".to_owned(),
        kind: TenantKind::MallShop,
        stall_no: stall_no.map(str::to_owned),
        address: None,
        contact_name: "林某".to_owned(),
        contact_phone: "13900005520".to_owned(),
        contract_from: "2026-01-01".parse().expect("a day"),
        contract_until: None,
        deposit_account: None,
        commitments: Vec::new(),
        status: TenantStatus::Active,
        status_reason: String::new(),
        status_since: "2026-01-01".parse().expect("a day"),
    };
    draft.into_tenant().expect("it stands")
}

#[tokio::test]
async fn one_place_has_one_tenant_and_is_free_again_when_it_moves() {
    let world = world().await;
    let uscc = Uscc::parse(USCC).unwrap();
    let first = world.add(Some("A-1")).await.unwrap();
    let second = world.add(None).await.unwrap();
    assert!(matches!(world.add(Some("A-1")).await, Err(TenantError::Taken)));
    let taken = world.channel.tenant_change(SUPERVISOR, second, 1, &tenant(Some("A-1"))).await;
    assert!(matches!(taken, Err(TenantError::Taken)));
    let moved = world.channel.tenant_change(SUPERVISOR, first, 1, &tenant(Some("A-2"))).await;
    assert_eq!(moved.unwrap(), 2);
    let at = |stall_no| world.channel.tenant_by_uscc(&uscc, stall_no);
    assert_eq!(at(Some("A-2")).await.unwrap().unwrap().id, first);
    assert_eq!(at(None).await.unwrap().unwrap().id, second);
    assert!(at(Some("A-1")).await.unwrap().is_none());
    assert!(at(Some("A\0")).await.unwrap().is_none());
    world.add(Some("A-1")).await.unwrap();
    let back = world.channel.tenant_change(SUPERVISOR, first, 2, &tenant(Some("A-1"))).await;
    assert!(matches!(back, Err(TenantError::Taken)));
    let pages = world.channel.tenants("", 2).await.unwrap();
    assert_eq!(pages.iter().map(|row| row.id).collect::<Vec<_>>(), [first, second]);
    let rest = world.channel.tenants(&second.to_string(), 2).await.unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn of_two_who_change_one_tenant_the_second_is_told_so() {
    let world = world().await;
    let id = world.add(Some("A-1")).await.unwrap();
    let mut suspended = tenant(Some("A-1"));
    suspended.status = TenantStatus::Suspended;
    suspended.status_reason = "保证金逾期未补足".to_owned();
    let change = || world.channel.tenant_change(SUPERVISOR, id, 1, &suspended);
    let (one, other) = tokio::join!(change(), change());
    let stale =
        |done: &Result<u64, TenantError>| matches!(done, Err(TenantError::Stale { current: 2 }));
    assert!(stale(&one) != stale(&other), "{one:?} {other:?}");
    assert_eq!(world.channel.tenant(id).await.unwrap().unwrap().version, 2);
    suspended.status_reason.clear();
    let silent = world.channel.tenant_change(SUPERVISOR, id, 2, &suspended).await;
    assert!(matches!(silent, Err(TenantError::Field { field: "status_reason", .. })));
    let nobody = TenantId::new(world.channel.now(), [9; 10]);
    let unknown = world.channel.tenant_change(SUPERVISOR, nobody, 1, &tenant(None)).await;
    assert!(matches!(unknown, Err(TenantError::Unknown)));
}

#[tokio::test]
async fn each_change_is_in_the_log_without_a_name_and_a_refused_one_is_not() {
    let world = world().await;
    let id = world.add(Some("东区 1")).await.unwrap();
    let _ = world.add(Some("东区 1")).await.unwrap_err();
    let _ = world.channel.tenant_change(SUPERVISOR, id, 7, &tenant(None)).await.unwrap_err();
    world.channel.tenant_change(SUPERVISOR, id, 1, &tenant(None)).await.unwrap();
    let (kinds, text) = world.told().await;
    assert_eq!(kinds, ["opened", "tenant_added", "tenant_changed"]);
    assert!(text.contains(&id.to_string()) && text.contains("mall_shop"));
    for hidden in ["示例童装", "林某", "13900005520", USCC, "东区 1"] {
        assert!(!text.contains(hidden), "{hidden}");
    }
}
