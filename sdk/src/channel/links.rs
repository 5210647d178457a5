//! One-time links: the consumer answers an offer without an account. The secret is shown once to
//! the clerk who sends it; the store knows only its hash, and the answer uses it up in the same
//! change. A link that is issued again, because it was lost or sent to the wrong number, makes the
//! older one worthless.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::Channel;
use super::casework::{ActError, Acted, Alongside, LoadedCase};
use super::leaves::broken;
use crate::case::{Actor, Command, OfferStatus, Role, Terms};
use crate::ids::{CaseId, OfferId, Pseudonym};
use crate::privacy::Personal;
use crate::store::{RecordRow, RecordWrite, Store, StoreError};
use crate::time::{Date, Timestamp};

/// How often a lost race is run again.
const TRIES: u32 = 4;
const KIND: &str = "answer_link";
/// Of each offer, which link is the one that counts.
const CURRENT: &str = "answer_link_of";
/// The longest text of a secret that is looked up at all.
const SECRET_MAX: usize = 64;

#[derive(Serialize, Deserialize)]
struct Link {
    case_id: CaseId,
    offer_id: OfferId,
}

/// What the one who has the link sees: the offer, and nothing about a person.
#[derive(Clone, Debug)]
pub struct LinkOffer {
    /// Its terms.
    pub terms: Terms,
    /// The offer in the merchant's words.
    pub text: String,
    /// Until when it may be answered.
    pub answer_by: Date,
}

/// The link does not lead anywhere, or the answer was refused.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Never issued, used, or over.
    #[error("the link is not valid any more")]
    Gone,
    /// The answer could not be taken.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl<S: Store> Channel<S> {
    /// Issues a link for the open offer of a case and gives its secret, which is shown once.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn issue_link(
        &self,
        id: CaseId,
        actor: Actor,
        expected: Option<u64>,
    ) -> Result<String, ActError> {
        for _ in 0..TRIES {
            match self.try_issue_link(id, actor, expected).await {
                // Another link of the same offer was made, or used, meanwhile.
                Err(ActError::Store(StoreError::Conflict { what: "record" })) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict { what: "record" }.into())
    }

    async fn try_issue_link(
        &self,
        id: CaseId,
        actor: Actor,
        expected: Option<u64>,
    ) -> Result<String, ActError> {
        let secret = URL_SAFE_NO_PAD.encode(self.random::<24>());
        let row = record_id(&secret);
        let open = self.load(id).await?.case.current_offer().map(|offer| offer.id);
        let former = match open {
            Some(offer) => self.former_link(offer).await?,
            None => None,
        };
        let alongside = |after: &LoadedCase| {
            let offer = after.case.current_offer().ok_or_else(|| broken("offer"))?;
            let link = Link { case_id: id, offer_id: offer.id };
            let expires_at = Some(Timestamp::end_of(offer.answer_by));
            let write = |kind, id: &str, expected, body: Vec<u8>| RecordWrite {
                kind,
                id: id.to_owned(),
                expected,
                body: Some(body),
                expires_at,
            };
            let body = serde_json::to_vec(&link).map_err(|_| broken("link"))?;
            let mut records = vec![write(KIND, &row, 0, body)];
            let seen = former.as_ref().map_or(0, |(current, _)| current.version);
            let named = row.clone().into_bytes();
            records.push(write(CURRENT, &offer.id.to_string(), seen, named));
            if let Some((_, Some(old))) = &former {
                let (id, expected) = (old.id.clone(), old.version);
                let gone = RecordWrite { kind: KIND, id, expected, body: None, expires_at: None };
                records.push(gone);
            }
            Ok(Alongside { records, ..Alongside::default() })
        };
        self.act_with(id, actor, &Command::IssueLink, expected, alongside).await?;
        Ok(secret)
    }

    /// Which link of an offer counts so far, and the link itself unless it was used.
    async fn former_link(
        &self,
        offer: OfferId,
    ) -> Result<Option<(RecordRow, Option<RecordRow>)>, StoreError> {
        let Some(current) = self.store().record(CURRENT, &offer.to_string()).await? else {
            return Ok(None);
        };
        let name = String::from_utf8_lossy(&current.body).into_owned();
        let link = self.store().record(KIND, &name).await?;
        Ok(Some((current, link)))
    }

    /// What the link is for.
    ///
    /// # Errors
    /// [`LinkError::Gone`] when it leads nowhere any more.
    pub async fn link_offer(&self, secret: &str) -> Result<LinkOffer, LinkError> {
        let (_, link) = self.link(secret).await?;
        let loaded = self.load(link.case_id).await?;
        let open = loaded.case.offer(link.offer_id).filter(|o| o.status == OfferStatus::Open);
        let offer = open.ok_or(LinkError::Gone)?;
        let words = self.all_words(&loaded).await.map_err(ActError::from)?;
        let text = words.get(&offer.n).and_then(|words| words.get("text")).cloned();
        let (terms, answer_by) = (offer.terms.clone(), offer.answer_by);
        Ok(LinkOffer { terms, text: text.unwrap_or_default(), answer_by })
    }

    /// Takes the consumer's yes or no, and uses the link up.
    ///
    /// # Errors
    /// See [`LinkError`]; a refused answer leaves the link as it was.
    pub async fn answer_by_link(
        &self,
        secret: &str,
        accepted: bool,
        text: Option<String>,
    ) -> Result<Acted, LinkError> {
        let (row, link) = self.link(secret).await?;
        let command = Command::Answer {
            offer_id: link.offer_id,
            accepted,
            text: text.map(Personal::new),
            signature: None,
        };
        self.take(&row, &link, &command).await
    }

    /// Takes the consumer's own proposal, and uses the link up.
    ///
    /// # Errors
    /// See [`LinkError`]; a refused proposal leaves the link as it was.
    pub async fn counter_by_link(
        &self,
        secret: &str,
        terms: Terms,
        text: String,
    ) -> Result<Acted, LinkError> {
        let (row, link) = self.link(secret).await?;
        let command = Command::Counter {
            offer_id: OfferId::new(self.now(), self.random()),
            answers: link.offer_id,
            terms,
            text: Personal::new(text),
            signature: None,
        };
        self.take(&row, &link, &command).await
    }

    async fn take(
        &self,
        row: &RecordRow,
        link: &Link,
        command: &Command,
    ) -> Result<Acted, LinkError> {
        let used = RecordWrite {
            kind: KIND,
            id: row.id.clone(),
            expected: row.version,
            body: None,
            expires_at: None,
        };
        let alongside =
            |_: &LoadedCase| Ok(Alongside { records: vec![used.clone()], ..Alongside::default() });
        let actor = self.consumer_actor(link.case_id);
        match self.act_with(link.case_id, actor, command, None, alongside).await {
            // Somebody used it in between.
            Err(ActError::Store(StoreError::Conflict { what: "record" })) => Err(LinkError::Gone),
            done => Ok(done?),
        }
    }

    async fn link(&self, secret: &str) -> Result<(RecordRow, Link), LinkError> {
        if secret.is_empty() || secret.len() > SECRET_MAX {
            return Err(LinkError::Gone);
        }
        let row = self.store().record(KIND, &record_id(secret)).await.map_err(ActError::from)?;
        let row = row.ok_or(LinkError::Gone)?;
        if row.expires_at.is_some_and(|until| until < self.now()) {
            return Err(LinkError::Gone);
        }
        let corrupt = |_| ActError::from(StoreError::Corrupt { table: "records" });
        let link = serde_json::from_slice(&row.body).map_err(corrupt)?;
        Ok((row, link))
    }

    /// The consumer of a case as the log knows them: a name that another case does not share.
    fn consumer_actor(&self, case: CaseId) -> Actor {
        let name = self.inner.blind.of("consumer", case.as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&name[..16]);
        Actor { role: Role::Consumer, pseudonym: Pseudonym::new(short) }
    }
}

fn record_id(secret: &str) -> String {
    crate::hex_digest(secret.as_bytes())
}
