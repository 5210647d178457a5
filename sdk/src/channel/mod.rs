//! The engine: load, decide, commit, then effects from the outbox.
//!
//! [`Channel`] is what a platform embeds and what `merchant-server` is built on. It is cheap to
//! clone and safe to share. It asks the clock and the entropy it was given, never the machine's.

mod access;
mod assignment;
mod batch;
mod casework;
mod desk;
mod disclose;
mod edge;
mod erasure;
mod figures;
mod fsck;
pub mod fund;
mod intake;
mod keys;
mod lease;
mod leaves;
mod links;
mod notices;
mod outbox;
pub mod payout;
mod policies;
mod proofs;
mod recalculate;
mod reports;
mod reschedule;
mod reveals;
mod sequencer;
mod tenants;
mod timers;
mod together;
mod unseen;
mod view_types;
mod views;
mod witnesses;

use std::sync::{Arc, PoisonError, RwLock};

pub use access::Withheld;
pub use casework::{ActError, Acted, LoadedCase};
pub use desk::{DeskComplaint, DeskError};
pub use edge::{SystemClock, SystemEntropy};
pub use figures::{FiguresError, HostAct};
pub use fsck::{FsckCheck, FsckCode, FsckFinding, FsckReport, Invariant, ReportTally, Verdict};
pub use intake::{Diverted, IntakeAnswer, IntakeError};
pub use keys::{KeyError, KeyRing, KeyRingFile};
pub use lease::Lease;
pub use leaves::{HOST_STREAM, HostEvent};
pub use links::{LinkError, LinkOffer};
pub use notices::NoticeError;
pub use outbox::{Delivery, OutboxLimits};
pub use recalculate::ClockMove;
pub use reschedule::Survey;
pub use reveals::RevealEntry;
pub use sequencer::Sequenced;
pub use tenants::{TenantError, TenantRow};
pub use timers::Ticked;
pub use view_types::{
    AskedView, AssignedView, CaseAdvanceView, CaseView, ChoiceView, ClockView, ConsentView,
    ConsumerView, HistoryEntry, OfferView, PartyView, QueueRow, RelatedView, ReportView,
    TransferView,
};

pub use witnesses::{CosignedHead, Cosigning, WitnessAnswer, WitnessClient};

use crate::calendar::Calendar;
use crate::case::{Case, Policy, RuleSet, RulesError};
use crate::fund::FundRules;
use crate::ids::{Entropy, Pseudonym};
use crate::log::name_is_good;
use crate::money::Fen;
use crate::privacy::{BlindIndexKey, Kek};
use crate::protocol::{
    KeySet, SigningKey, TokenError, TrustedCallers, VerifiedCaller, VerifiedHead, verify_head,
};
use crate::store::{Change, News, Store, StoreError, TokenUse};
use crate::time::{Clock, HOUR_MILLIS, Timestamp};

/// Who we are on the channel.
#[derive(Clone, Debug)]
pub struct Host {
    /// Our public base URL: issuer of our tokens, audience of the center's.
    pub base_url: String,
    /// Our 统一社会信用代码.
    pub uscc: String,
    /// Our name.
    pub name: String,
    /// The origin line of our log: a schema-less URL, never changed.
    pub log_origin: String,
}

/// The center whose word we take.
#[derive(Clone)]
pub struct CenterTrust {
    /// Its issuer string.
    pub issuer: String,
    /// Its public keys.
    pub keys: KeySet,
    callers: TrustedCallers,
}

impl CenterTrust {
    /// The center with this issuer string, believed by these keys.
    #[must_use]
    pub fn new(issuer: &str, keys: KeySet) -> Self {
        let callers = TrustedCallers::new([(issuer.to_owned(), keys.clone())]);
        Self { issuer: issuer.to_owned(), keys, callers }
    }
}

/// What a channel is made of.
pub struct ChannelConfig {
    /// Who we are.
    pub host: Host,
    /// Whom we trust.
    pub center: CenterTrust,
    /// Our keys.
    pub keys: KeyRing,
    /// The rule set that new cases are bound to.
    pub rules: RuleSet,
    /// Rule sets that are not shipped and that older cases may be bound to.
    pub more_rules: Vec<RuleSet>,
    /// The working days.
    pub calendar: Calendar,
    /// Up to here a clerk offers alone, in fen.
    pub clerk_offer_limit: Fen,
    /// So many years after the end of a case its personal data are destroyed.
    pub retention_years: u16,
    /// The limits of the guarantee fund.
    pub fund: FundRules,
    /// Within this time a receipted complaint is in the log, in milliseconds.
    pub merge_delay_millis: i64,
}

impl ChannelConfig {
    /// The default of [`ChannelConfig::merge_delay_millis`]: 24 hours; in practice a second.
    pub const MERGE_DELAY_MILLIS: i64 = 24 * HOUR_MILLIS;
    /// The default of [`ChannelConfig::retention_years`] (电商法 Art. 31, PIPL Art. 19).
    pub const RETENTION_YEARS: u16 = 3;
}

/// The engine over one store.
pub struct Channel<S> {
    inner: Arc<Inner<S>>,
}

impl<S> Clone for Channel<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

struct Inner<S> {
    store: S,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    host: Host,
    center: RwLock<Arc<CenterTrust>>,
    keys: KeyRing,
    kek: Kek,
    blind: BlindIndexKey,
    policies: policies::Policies,
    fund_rules: FundRules,
    /// Acts on the fund queue here.
    fund_turn: tokio::sync::Mutex<()>,
    merge_delay_millis: i64,
    /// The system's own name in the log.
    system: Pseudonym,
    /// This engine's own name among others over the same store: drawn when it opens.
    instance: String,
    wake_sequencer: tokio::sync::Notify,
    wake_outbox: tokio::sync::Notify,
}

impl<S: Store> Channel<S> {
    /// Opens the channel over a store and makes sure the log has begun.
    ///
    /// # Errors
    /// When the store fails, or when its newest checkpoint is of more leaves than it has: a store
    /// that was patched together must not go on. A backup restored whole is not noticed here: that
    /// takes a checkpoint kept outside. Nor does a log go on under another origin or log key than
    /// it began with, because nobody could verify it whole.
    pub async fn open(
        store: S,
        config: ChannelConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let channel = Self::open_to_check(store, config, clock, entropy)?;
        channel.check_log().await?;
        channel.begin_host_stream().await?;
        Ok(channel)
    }

    /// Opens the channel over a store that may be damaged, to look at it with [`Channel::fsck`] and
    /// for nothing else: it asks nothing of the store and writes nothing.
    ///
    /// # Errors
    /// When the configured origin cannot name a log.
    pub fn open_to_check(
        store: S,
        config: ChannelConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        if !name_is_good(&config.host.log_origin) {
            return Err(OpenError::Origin);
        }
        let kek = config.keys.kek();
        let policies = policies::Policies::new(
            config.rules,
            config.more_rules,
            config.calendar,
            config.clerk_offer_limit,
            config.retention_years,
        );
        let system = config.keys.system_pseudonym();
        let mut instance = [0; 8];
        entropy.fill(&mut instance);
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                clock,
                entropy,
                host: config.host,
                center: RwLock::new(Arc::new(config.center)),
                blind: BlindIndexKey::from_kek(&kek),
                kek,
                keys: config.keys,
                policies,
                fund_rules: config.fund,
                fund_turn: tokio::sync::Mutex::new(()),
                merge_delay_millis: config.merge_delay_millis,
                system,
                instance: hex::encode(instance),
                wake_sequencer: tokio::sync::Notify::new(),
                wake_outbox: tokio::sync::Notify::new(),
            }),
        })
    }

    async fn check_log(&self) -> Result<(), OpenError> {
        // In this order: another server may grow the log and sign it in between.
        let signed = self.store().checkpoint().await?;
        let head = self.store().log_head().await?;
        match signed {
            Some(last) if last.size > head.size => {
                Err(OpenError::LogShrank { signed: last.size, found: head.size })
            }
            _ => Ok(()),
        }
    }

    /// The store underneath, for the documents an application keeps beside the cases.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// Who we are.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.inner.host
    }

    /// The instant now, by the clock the channel was given.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Unpredictable bytes, by the entropy the channel was given.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner.entropy.fill(&mut bytes);
        bytes
    }

    /// Seals something small of the application's that belongs to no case, for the documents it
    /// keeps beside them; `context` names its place, and it opens nowhere else.
    #[must_use]
    pub fn seal_small(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        self.inner.kek.seal_named(context, plain, self.random())
    }

    /// Opens what [`Channel::seal_small`] sealed for this place.
    ///
    /// # Errors
    /// When it was sealed under another key, for another place, or is damaged.
    pub fn open_small(
        &self,
        context: &str,
        sealed: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, crate::privacy::VaultError> {
        self.inner.kek.open_named(context, sealed)
    }

    /// The working days.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        self.inner.policies.calendar()
    }

    /// Takes other working days; deadlines already written stay until [`Channel::recalculate`].
    pub fn take_calendar(&self, calendar: Calendar) {
        self.inner.policies.take_calendar(calendar);
    }

    /// Our public keys, for `/.well-known/jwks.json`.
    #[must_use]
    pub fn public_keys(&self) -> KeySet {
        self.inner.keys.public()
    }

    /// The verifier key of our log's checkpoints (C2SP vkey).
    #[must_use]
    pub fn log_vkey(&self) -> String {
        self.inner.keys.log_vkey(&self.inner.host.log_origin)
    }

    /// The center we take the word of.
    #[must_use]
    pub fn center(&self) -> Arc<CenterTrust> {
        Arc::clone(&self.inner.center.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Our key that signs requests to the center.
    #[must_use]
    pub fn request_key(&self) -> &SigningKey {
        self.inner.keys.request()
    }

    /// Takes the center's new keys; requests signed with keys that are gone are refused from now.
    pub fn trust(&self, center: CenterTrust) {
        let mut trusted = self.inner.center.write().unwrap_or_else(PoisonError::into_inner);
        *trusted = Arc::new(center);
    }

    /// Checks a request token of the center. Replay is decided by the store, with the change.
    ///
    /// # Errors
    /// Why the token is refused.
    pub fn authenticate(
        &self,
        authorization: Option<&str>,
        method: &str,
        path_and_query: &str,
        body: &[u8],
    ) -> Result<VerifiedCaller, TokenError> {
        self.authenticate_head(authorization, method, path_and_query)?.over(body)
    }

    /// The same before the body is read: whoever is not the center gets no memory.
    ///
    /// # Errors
    /// Why the token is refused.
    pub fn authenticate_head(
        &self,
        authorization: Option<&str>,
        method: &str,
        path_and_query: &str,
    ) -> Result<VerifiedHead, TokenError> {
        let center = self.center();
        let us = &self.inner.host.base_url;
        let url = format!("{us}{path_and_query}");
        verify_head(authorization, method, &url, us, &center.callers, self.now())
    }

    /// Uses up a token that came with a request which changes nothing else.
    ///
    /// # Errors
    /// [`StoreError::TokenReplayed`] when it was used before.
    pub async fn burn(&self, caller: &VerifiedCaller) -> Result<(), StoreError> {
        let token = Some(token_use(caller));
        self.store().commit(Change { token, ..Change::default() }).await
    }

    /// Waits until there may be something to put in the log.
    pub async fn leaves_waiting(&self) {
        together::either(self.inner.wake_sequencer.notified(), self.store().news(News::Leaves))
            .await;
    }

    /// Waits until there may be a report to send.
    pub async fn reports_waiting(&self) {
        together::either(self.inner.wake_outbox.notified(), self.store().news(News::Reports)).await;
    }

    /// The policy a case is bound to.
    fn policy(&self, case: &Case) -> Result<Arc<Policy>, RulesError> {
        self.inner.policies.of(case)
    }

    fn committed(&self, has_reports: bool) {
        self.inner.wake_sequencer.notify_one();
        if has_reports {
            self.inner.wake_outbox.notify_one();
        }
    }
}

/// The row that makes a request token usable once: a hash, so that its size is bounded.
#[must_use]
pub fn token_use(caller: &VerifiedCaller) -> TokenUse {
    let mut text = Vec::with_capacity(caller.issuer.len() + caller.jti.len() + 1);
    text.extend_from_slice(caller.issuer.as_bytes());
    text.push(0);
    text.extend_from_slice(caller.jti.as_bytes());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text);
    let mut key = [0; 32];
    key.copy_from_slice(digest.as_ref());
    TokenUse { key, until: caller.replay_until }
}

/// The channel cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The origin cannot name a log.
    #[error("log_origin must not be empty and has no white space and no plus sign")]
    Origin,
    /// The log began under another origin or key.
    #[error(
        "the log of this store began as {began}, under another name or log key than configured; \
         set log_origin and the keys back: a log keeps both for ever"
    )]
    AnotherLog {
        /// The origin it began under.
        began: String,
    },
    /// The log is shorter than what was signed.
    #[error(
        "the log has {found} leaves but a checkpoint of {signed} was signed: this looks like an \
         old backup; restore the newest one before serving"
    )]
    LogShrank {
        /// Leaves the newest checkpoint covers.
        signed: u64,
        /// Leaves there are.
        found: u64,
    },
}
