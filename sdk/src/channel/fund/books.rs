//! The books as they are stored: one document for the host's accounts, one for each tenant's, so that
//! a posting reads and writes two small documents whatever the number of tenants.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::FUND_STREAM;
use crate::channel::Channel;
use crate::channel::leaves::broken;
use crate::fund::{
    Account, FundStamped, JournalLine, Ledger, Month, MonthFold, MonthStatement, Move,
};
use crate::ids::TenantId;
use crate::log::Leaf;
use crate::money::Fen;
use crate::store::{RecordRow, RecordWrite, Store, StoreError};
use crate::verify::fund_stamped;

const KIND: &str = "fund_accounts";
const HOST: &str = "host";
/// So many entries are read at a time.
const PAGE: u32 = 500;

/// The accounts that were read, and at which versions.
pub(in crate::channel) struct Books {
    pub(in crate::channel) ledger: Ledger,
    versions: BTreeMap<String, u64>,
}

/// What is in the fund, for a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FundOverview {
    /// 银行存款, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub bank_fen: Fen,
    /// 可用, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub pool_fen: Fen,
    /// 已预留, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub reserved_fen: Fen,
    /// 应付消费者, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub payable_fen: Fen,
    /// 在途, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub clearing_fen: Fen,
    /// 已垫付, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub advanced_fen: Fen,
    /// 自担损失, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub loss_fen: Fen,
    /// 商户保证金合计, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub deposits_fen: Fen,
    /// 应收追偿款合计, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub receivables_fen: Fen,
    /// Whether what is free is below the floor: soon nothing can be advanced.
    pub below_floor: bool,
    /// The tenants with a deposit or a debt.
    pub tenants: Vec<TenantBalance>,
}

/// What a tenant has in the fund, and owes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TenantBalance {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub tenant: TenantId,
    /// 保证金, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub deposit_fen: Fen,
    /// 应收, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64))]
    pub receivable_fen: Fen,
}

/// An entry that moved money on a tenant's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantLine {
    /// The entry.
    pub line: JournalLine,
    /// 保证金 after it.
    pub deposit_fen: Fen,
    /// 应收 after it.
    pub receivable_fen: Fen,
}

impl<S: Store> Channel<S> {
    /// The host's accounts and those of these tenants.
    pub(super) async fn books(&self, tenants: &BTreeSet<TenantId>) -> Result<Books, StoreError> {
        let (mut balances, mut versions) = (BTreeMap::new(), BTreeMap::new());
        let names = tenants.iter().map(TenantId::to_string).chain([HOST.to_owned()]);
        for name in names {
            let row = self.store().record(KIND, &name).await?;
            versions.insert(name, row.as_ref().map_or(0, |row| row.version));
            if let Some(row) = row {
                balances.extend(part(&row)?);
            }
        }
        Ok(Books { ledger: Ledger::of(balances), versions })
    }

    /// Every account there is.
    pub(in crate::channel) async fn all_books(&self) -> Result<Books, StoreError> {
        let (mut balances, mut versions) = (BTreeMap::new(), BTreeMap::new());
        let mut after = String::new();
        loop {
            let page = self.store().records(KIND, &after, 200).await?;
            for row in &page {
                versions.insert(row.id.clone(), row.version);
                balances.extend(part(row)?);
            }
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
        }
        Ok(Books { ledger: Ledger::of(balances), versions })
    }

    /// What is in the fund.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fund_overview(&self) -> Result<FundOverview, StoreError> {
        let ledger = self.all_books().await?.ledger;
        let mut tenants: BTreeMap<TenantId, TenantBalance> = BTreeMap::new();
        for (account, fen) in ledger.balances() {
            let Some(tenant) = account.tenant() else { continue };
            let zero = TenantBalance { tenant, deposit_fen: Fen::ZERO, receivable_fen: Fen::ZERO };
            let row = tenants.entry(tenant).or_insert(zero);
            match account {
                Account::Deposit(_) => row.deposit_fen = fen,
                _ => row.receivable_fen = fen,
            }
        }
        let sum = |of: fn(&TenantBalance) -> Fen| {
            let sum = Fen::checked_sum(tenants.values().map(of));
            sum.ok_or(StoreError::Corrupt { table: "records" })
        };
        let pool_fen = ledger.balance(Account::Pool);
        Ok(FundOverview {
            bank_fen: ledger.balance(Account::Bank),
            pool_fen,
            reserved_fen: ledger.balance(Account::Reserved),
            payable_fen: ledger.balance(Account::Payable),
            clearing_fen: ledger.balance(Account::Clearing),
            advanced_fen: ledger.balance(Account::Advanced),
            loss_fen: ledger.balance(Account::Loss),
            deposits_fen: sum(|row| row.deposit_fen)?,
            receivables_fen: sum(|row| row.receivable_fen)?,
            below_floor: pool_fen < self.fund_rules().floor_fen,
            tenants: tenants.into_values().collect(),
        })
    }

    /// Whether what is free is below the floor, so that soon nothing can be advanced; a fund that was
    /// never used is not.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fund_is_low(&self) -> Result<bool, StoreError> {
        if self.fund_next().await? == 0 {
            return Ok(false);
        }
        let books = self.books(&BTreeSet::new()).await?;
        Ok(books.ledger.balance(Account::Pool) < self.fund_rules().floor_fen)
    }

    /// The fund in one month.
    ///
    /// # Errors
    /// When the store fails or the entries are not those of one fund.
    pub async fn fund_month(&self, month: Month) -> Result<MonthStatement, StoreError> {
        let (mut fold, mut from) = (MonthFold::begin(month), 0);
        loop {
            let lines = self.fund_lines(from, PAGE).await?;
            let Some(last) = lines.last() else { return Ok(fold.finish()) };
            from = last.n + 1;
            for line in &lines {
                let corrupt = |_| StoreError::Corrupt { table: "leaves" };
                if fold.entry(line).map_err(corrupt)? {
                    return Ok(fold.finish());
                }
            }
        }
    }

    /// The entries that move money on a tenant's accounts, in order, with what is in its deposit and
    /// what it owes after each.
    ///
    /// # Errors
    /// When the store fails or the entries are not those of one fund.
    pub async fn tenant_lines(&self, tenant: TenantId) -> Result<Vec<TenantLine>, StoreError> {
        let (mut lines, mut from, mut ledger) = (Vec::new(), 0, Ledger::default());
        let is_theirs =
            |one: &Move| [one.debit, one.credit].iter().any(|a| a.tenant() == Some(tenant));
        loop {
            let page = self.fund_lines(from, PAGE).await?;
            let Some(last) = page.last() else { return Ok(lines) };
            from = last.n + 1;
            for line in page {
                let moves = line.stamped.event.moves();
                let corrupt = |_| StoreError::Corrupt { table: "leaves" };
                ledger = ledger.post(&moves).map_err(corrupt)?;
                if moves.iter().any(is_theirs) {
                    let deposit_fen = ledger.balance(Account::Deposit(tenant));
                    let receivable_fen = ledger.balance(Account::Receivable(tenant));
                    lines.push(TenantLine { line, deposit_fen, receivable_fen });
                }
            }
        }
    }

    /// The number that the next entry of the fund will have: so many there are.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fund_next(&self) -> Result<u64, StoreError> {
        Ok(self.store().stream_head(FUND_STREAM).await?.map_or(0, |head| head.next))
    }

    /// The entries of the fund from number `from` on, in order, at most `limit`.
    ///
    /// # Errors
    /// When the store fails or an entry does not read.
    pub async fn fund_lines(&self, from: u64, limit: u32) -> Result<Vec<JournalLine>, StoreError> {
        let corrupt = || StoreError::Corrupt { table: "leaves" };
        let mut lines = Vec::new();
        for stored in self.store().leaves(FUND_STREAM, from, limit).await? {
            let leaf = Leaf::parse(&stored.bytes).map_err(|_| corrupt())?;
            let stamped: FundStamped = fund_stamped(&leaf).ok_or_else(corrupt)?;
            lines.push(JournalLine { n: stored.n, stamped });
        }
        Ok(lines)
    }
}

impl Books {
    /// The documents that the ledger after a posting makes of these.
    pub(super) fn written(&self, after: &Ledger) -> Result<Vec<RecordWrite>, StoreError> {
        let mut parts: BTreeMap<String, BTreeMap<Account, Fen>> = BTreeMap::new();
        for (account, fen) in after.balances() {
            parts.entry(name_of(account)).or_default().insert(account, fen);
        }
        let mut writes = Vec::new();
        for (name, version) in &self.versions {
            let now = parts.remove(name).unwrap_or_default();
            let before: BTreeMap<Account, Fen> =
                self.ledger.balances().filter(|(account, _)| name_of(*account) == *name).collect();
            if now == before {
                continue;
            }
            writes.push(RecordWrite {
                kind: KIND,
                id: name.clone(),
                expected: *version,
                body: Some(serde_json::to_vec(&now).map_err(|_| broken("ledger"))?),
                expires_at: None,
            });
        }
        // An account that was not read cannot have been posted to.
        if parts.is_empty() { Ok(writes) } else { Err(broken("ledger")) }
    }
}

fn name_of(account: Account) -> String {
    account.tenant().map_or_else(|| HOST.to_owned(), |tenant| tenant.to_string())
}

fn part(row: &RecordRow) -> Result<BTreeMap<Account, Fen>, StoreError> {
    serde_json::from_slice(&row.body).map_err(|_| StoreError::Corrupt { table: "records" })
}
