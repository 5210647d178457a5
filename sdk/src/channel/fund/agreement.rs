//! 保证金协议办法: how deposits are paid in, kept, used and given back, as the host published it (电商法
//! Art. 58). The text is kept version by version; the log holds its digest, and every deposit that comes
//! or goes says under which version.

use serde::{Deserialize, Serialize};

use super::act::{FundError, FundTarget};
use super::views::{seen, write};
use crate::case::Actor;
use crate::channel::Channel;
use crate::fund::{FundAction, FundCommand, FundEvent, FundRefusal, FundRefusalCode, FundStamped};
use crate::hex_digest;
use crate::ids::Pseudonym;
use crate::store::{RecordWrite, Store, StoreError};
use crate::time::{Date, Timestamp, iso_date};

const AGREEMENT: &str = "fund_agreement";
/// More versions than any host will write.
const MOST: u32 = 1_000;
/// The longest text, in characters: what a form of the console can carry.
const TEXT_MAX: usize = 6_000;

/// A version of the agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementRow {
    /// 1, 2, 3 …
    pub version: u32,
    /// The text.
    pub text: String,
    /// SHA-256 of the text in UTF-8, hexadecimal, as the log has it.
    pub digest: String,
    /// From this day on.
    #[serde(with = "iso_date")]
    pub effective_from: Date,
    /// Who put it in force.
    pub by: Pseudonym,
    /// When.
    pub at: Timestamp,
}

impl<S: Store> Channel<S> {
    /// Every version, oldest first.
    ///
    /// # Errors
    /// When the store fails or one does not read back.
    pub async fn agreements(&self) -> Result<Vec<AgreementRow>, StoreError> {
        let rows = self.store().records(AGREEMENT, "", MOST).await?;
        rows.iter().map(|row| Ok(seen::<AgreementRow>(row)?.row)).collect()
    }

    /// The version in force on a day, and how many there are.
    pub(super) async fn agreement_on(&self, day: Date) -> Result<(Option<u32>, u32), StoreError> {
        let all = self.agreements().await?;
        let in_force = all.iter().rev().find(|one| one.effective_from <= day);
        let last = all.last().map_or(0, |last| last.version);
        Ok((in_force.map(|one| one.version), last))
    }

    /// Puts a new version in force from a day on, today or later. Durable when it returns.
    ///
    /// # Errors
    /// When the role may not, the text is none or too long, or the day is over.
    pub async fn adopt_agreement(
        &self,
        actor: Actor,
        text: &str,
        effective_from: Date,
    ) -> Result<AgreementRow, FundError> {
        let text = text.trim().replace("\r\n", "\n");
        if text.is_empty() || text.chars().count() > TEXT_MAX {
            let code = FundRefusalCode::FieldInvalid {
                field: "text",
                problem: "give the whole text, at most 6,000 characters",
            };
            return Err(FundRefusal { action: FundAction::Adopt, code }.into());
        }
        let digest = hex_digest(text.as_bytes());
        let command = FundCommand::Adopt { digest, effective_from };
        let target = FundTarget { text: Some(text), ..FundTarget::default() };
        self.act_fund(actor, &command, &target).await?;
        let last = self.agreements().await?.pop();
        last.ok_or(FundError::Store(StoreError::Corrupt { table: "records" }))
    }
}

/// The document that goes in with the event.
pub(super) fn agreement_record(
    target: &FundTarget,
    stamped: &[FundStamped],
) -> Result<Option<RecordWrite>, StoreError> {
    let adopted = stamped.iter().find_map(|one| match (&one.event, &target.text) {
        (FundEvent::AgreementAdopted { version, digest, effective_from }, Some(text)) => {
            Some(AgreementRow {
                version: *version,
                text: text.clone(),
                digest: digest.clone(),
                effective_from: *effective_from,
                by: one.actor.pseudonym,
                at: one.at,
            })
        }
        _ => None,
    });
    adopted.map(|row| write(AGREEMENT, format!("{:010}", row.version), 0, &row)).transpose()
}
