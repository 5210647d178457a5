//! The accounts of the fund. Two sides that are always equal: what there is (the bank, what tenants
//! owe, what the host lost) and whose it is (deposits, consumers, the pool, what is reserved or was
//! advanced). Knows no amounts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::TenantId;

/// On which side an account grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// 借方
    Debit,
    /// 贷方
    Credit,
}

/// One account of the fund (先行赔付保证金).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// 银行存款: what the bank's statement shows.
    Bank,
    /// 在途: paid as the provider says, and not on a statement yet.
    Clearing,
    /// 应付消费者: handed to a provider, and not confirmed.
    Payable,
    /// 可用: the host's own money in the fund that nothing is reserved for.
    Pool,
    /// 已预留: for advances that were approved.
    Reserved,
    /// 已垫付: the host's own money that is out, until a tenant pays it back.
    Advanced,
    /// 自担损失: advances that nobody pays back.
    Loss,
    /// 商户保证金
    Deposit(TenantId),
    /// 应收追偿款
    Receivable(TenantId),
}

impl Account {
    /// The accounts that belong to no tenant.
    pub const HOST: [Self; 7] = [
        Self::Bank,
        Self::Clearing,
        Self::Payable,
        Self::Pool,
        Self::Reserved,
        Self::Advanced,
        Self::Loss,
    ];

    /// On which side it grows; on the other it never goes below zero.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Bank | Self::Receivable(_) | Self::Loss => Side::Debit,
            Self::Clearing
            | Self::Payable
            | Self::Pool
            | Self::Reserved
            | Self::Advanced
            | Self::Deposit(_) => Side::Credit,
        }
    }

    /// What a cashier calls it; whose it is stands beside it.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Bank => "银行存款",
            Self::Clearing => "在途付款",
            Self::Payable => "应付消费者",
            Self::Pool => "可用资金",
            Self::Reserved => "已预留",
            Self::Advanced => "已垫付",
            Self::Loss => "自担损失",
            Self::Deposit(_) => "商户保证金",
            Self::Receivable(_) => "应收追偿款",
        }
    }

    /// Whose it is, if a tenant's.
    #[must_use]
    pub const fn tenant(self) -> Option<TenantId> {
        match self {
            Self::Deposit(tenant) | Self::Receivable(tenant) => Some(tenant),
            _ => None,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bank => f.write_str("bank"),
            Self::Clearing => f.write_str("clearing"),
            Self::Payable => f.write_str("payable"),
            Self::Pool => f.write_str("pool"),
            Self::Reserved => f.write_str("reserved"),
            Self::Advanced => f.write_str("advanced"),
            Self::Loss => f.write_str("loss"),
            Self::Deposit(tenant) => write!(f, "deposit:{tenant}"),
            Self::Receivable(tenant) => write!(f, "receivable:{tenant}"),
        }
    }
}

/// The text names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account of the fund, like pool or deposit:tnt_0190…")]
pub struct AccountError;

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let tenant = |id: &str| id.parse().map_err(|_| AccountError);
        match text.split_once(':') {
            Some(("deposit", id)) => Ok(Self::Deposit(tenant(id)?)),
            Some(("receivable", id)) => Ok(Self::Receivable(tenant(id)?)),
            Some(_) => Err(AccountError),
            None => {
                let found = Self::HOST.into_iter().find(|account| account.to_string() == text);
                found.ok_or(AccountError)
            }
        }
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::from_text::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_reads_back_from_its_name() {
        let tenant = TenantId::from_bytes([7; 16]);
        let tenants = [Account::Deposit(tenant), Account::Receivable(tenant)];
        for account in Account::HOST.into_iter().chain(tenants) {
            assert_eq!(account.to_string().parse(), Ok(account));
        }
        for bad in ["", "Bank", "deposit", "deposit:", "deposit:x", "bank:tnt_1", "cash"] {
            assert_eq!(bad.parse::<Account>(), Err(AccountError), "{bad}");
        }
    }
}
