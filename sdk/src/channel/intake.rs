//! Intake: the one place where a diverted complaint becomes a case.

use serde::{Deserialize, Serialize};

use super::casework::{case_row, fresh_key};
use super::leaves::Chain;
use super::{Channel, token_use};
use crate::case::{
    Actor, Case, Effect, Intake, Origin, Refusal, RulesError, Stamped, StateName, receive,
};
use crate::codes::Phone;
use crate::ids::{CaseId, ComplaintNo, Pseudonym};
use crate::privacy::{CaseKey, Personal, SealContext};
use crate::protocol::token::SKEW_MILLIS;
use crate::protocol::{
    Complaint, ConsentError, ConsentExpectation, FieldError, IntakeReceipt, VerifiedCaller,
    body_digest, sign_intake_receipt, verify_consent,
};
use crate::store::{
    CaseWrite, Change, Expected, NewCase, NoticeRow, Store, StoreError, StoredCase, TokenUse,
};
use crate::time::Timestamp;

/// The notice key of the diversion itself: the first notice of every case.
const INTAKE_KEY: [u8; 32] = [0; 32];

/// The answer to a diversion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IntakeAnswer {
    /// The center's number.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub complaint_no: ComplaintNo,
    /// The case's state.
    pub state: StateName,
    /// Our signed receipt: a JWS, typ `gc-intake-receipt+jwt`.
    pub receipt: String,
}

/// What a diversion led to.
#[derive(Clone, Debug)]
pub struct Diverted {
    /// Whether this call opened the case, or it was there with the same body.
    pub created: bool,
    /// The case.
    pub case: CaseId,
    /// What to answer.
    pub answer: IntakeAnswer,
}

/// What a case is opened from.
pub(super) struct Opening<'a> {
    pub(super) complaint: &'a Complaint,
    pub(super) body: &'a [u8],
    pub(super) number: [u8; 32],
    pub(super) token: Option<TokenUse>,
    pub(super) now: Timestamp,
    pub(super) origin: Origin,
}

/// Why a diversion was not taken. Nothing personal was stored.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The body does not read, or a field does not fit.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The consent does not cover it.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// Another body came under this number.
    #[error("another complaint was diverted under this number")]
    Conflict,
    /// The person was erased; the number stays known.
    #[error("the complaint with this number was erased")]
    Erased,
    /// The rules cannot take it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rule set is not here.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store> Channel<S> {
    /// Takes a diverted complaint: verifies the consent, opens the case, signs the receipt.
    ///
    /// `caller` is the center as [`Channel::authenticate`] verified it, or `None` when the
    /// complaint was pulled. Durable when it returns; the same body again gets the same receipt.
    ///
    /// # Errors
    /// See [`IntakeError`]; in each case nothing personal was stored.
    pub async fn divert(
        &self,
        caller: Option<&VerifiedCaller>,
        body: &[u8],
    ) -> Result<Diverted, IntakeError> {
        let token = caller.map(token_use);
        let outcome = self.try_divert(token.clone(), body).await;
        // A refused request has used its token too; only a change that went in took it along.
        let took_token = matches!(&outcome, Ok(diverted) if diverted.created)
            || matches!(&outcome, Err(IntakeError::Store(_)));
        if let Some(token) = token.filter(|_| !took_token) {
            self.store().commit(Change { token: Some(token), ..Change::default() }).await?;
        }
        outcome
    }

    async fn try_divert(
        &self,
        token: Option<TokenUse>,
        body: &[u8],
    ) -> Result<Diverted, IntakeError> {
        let complaint = Complaint::parse(body)?;
        let number = self.blind_number(&complaint.complaint_no);
        // Nearly every complaint is new, so whether it is known is asked only when something
        // stands against it: its number is taken, or its consent no longer counts.
        let against = match self.try_new(&complaint, body, number, token).await {
            Err(error @ (IntakeError::Consent(_) | IntakeError::Field(_))) => error,
            Err(error @ IntakeError::Store(StoreError::Conflict { what: "complaint number" })) => {
                error
            }
            done => return done,
        };
        match self.store().case_by_number(number).await? {
            Some(stored) => self.again(stored, &complaint, body).await,
            None => Err(against),
        }
    }

    async fn try_new(
        &self,
        complaint: &Complaint,
        body: &[u8],
        number: [u8; 32],
        token: Option<TokenUse>,
    ) -> Result<Diverted, IntakeError> {
        let now = self.now();
        self.check_new(complaint, now)?;
        let opening = Opening { complaint, body, number, token, now, origin: Origin::Diverted };
        self.open_case(opening, self.center_actor()).await
    }

    fn check_new(&self, complaint: &Complaint, now: Timestamp) -> Result<(), IntakeError> {
        if complaint.diverted_at > now.plus_millis(SKEW_MILLIS) {
            let problem = "give the time of the diversion, not a time to come";
            return Err(FieldError::Field { field: "diverted_at", problem }.into());
        }
        let center = self.center();
        let expectation = ConsentExpectation {
            center_issuer: &center.issuer,
            merchant_uscc: &self.inner.host.uscc,
            complaint_no: complaint.complaint_no.as_str(),
            now,
        };
        verify_consent(&complaint.consent, &center.keys, &expectation)?;
        Ok(())
    }

    /// A number we know: the same body gets the same receipt, another one is a conflict.
    async fn again(
        &self,
        stored: StoredCase,
        complaint: &Complaint,
        body: &[u8],
    ) -> Result<Diverted, IntakeError> {
        let loaded = self.loaded(stored).await?;
        let key = loaded.key.as_ref().ok_or(IntakeError::Erased)?;
        let row = self.store().notice(loaded.id, INTAKE_KEY).await?;
        let row = row.ok_or(StoreError::Corrupt { table: "notices" })?;
        if row.fingerprint != key.fingerprint("gc/v1/intake", body) {
            return Err(IntakeError::Conflict);
        }
        let receipt = key.open(&answer_context(loaded.id, "intake"), &row.answer);
        let receipt = receipt.map_err(|_| StoreError::Corrupt { table: "notices" })?;
        let receipt = String::from_utf8(receipt.to_vec())
            .map_err(|_| StoreError::Corrupt { table: "notices" })?;
        let answer = IntakeAnswer {
            complaint_no: complaint.complaint_no.clone(),
            state: loaded.case.state.name(),
            receipt,
        };
        Ok(Diverted { created: false, case: loaded.id, answer })
    }

    /// Opens the case: the same for what a center diverts and what a clerk writes down.
    pub(super) async fn open_case(
        &self,
        opening: Opening<'_>,
        actor: Actor,
    ) -> Result<Diverted, IntakeError> {
        let Opening { complaint, body, number, token, now, origin } = opening;
        let raw = std::str::from_utf8(body).map_err(|_| StoreError::Corrupt { table: "body" })?;
        let phone = self.blind_phone(&complaint.consumer.phone);
        let repeat = self.store().blind_count("phone", phone).await?;
        let intake = Intake {
            origin,
            diverted_at: complaint.diverted_at,
            repeat: u32::try_from(repeat).unwrap_or(u32::MAX),
            complaint_no: Personal::new(complaint.complaint_no.to_string()),
            body: Personal::new(raw.to_owned()),
        };
        let policy = self.inner.policies.on(complaint.diverted_at.civil_date());
        let decision = receive(&intake, &policy, now)?;
        let (id, stream) = (CaseId::new(now, self.random()), Pseudonym::born(now, self.random()));
        let key = fresh_key(&*self.inner.entropy);
        let chain = Chain {
            stream: stream.to_string(),
            next: 0,
            head: None,
            at: now,
            actor,
            policy: Some(&policy),
        };
        let staged = self.stage(&chain, &decision.records, id, &key)?;
        let first = decision.records.first().ok_or(StoreError::Corrupt { table: "leaves" })?;
        let stamped = Stamped { at: now, actor: chain.actor, event: first.event.clone() };
        let case = Case::begin(&stamped, &policy.rules.id)
            .map_err(|_| StoreError::Corrupt { table: "leaves" })?;
        let receipt = self.intake_receipt(complaint, body, stream, staged.head, now);
        let notice = self.first_notice(id, &key, body, &receipt);
        let new = NewCase {
            number,
            wrapped_key: self.inner.kek.wrap(id, &key, self.random()),
            blind: vec![("phone", phone)],
        };
        let mut outbox = Vec::new();
        for effect in &decision.effects {
            if let Effect::Report(kind) = effect {
                outbox.push(self.first_report(id, &key, complaint, raw, *kind, now)?);
            }
        }
        let reports = u32::try_from(outbox.len()).unwrap_or(u32::MAX);
        let has_reports = !outbox.is_empty();
        let row = case_row(id, stream, &case, reports, staged.head, &policy)?;
        let change = Change {
            outbox,
            token,
            case: Some(CaseWrite { expected: Expected::New(new), row }),
            streams: vec![staged.stream],
            sealed: staged.sealed,
            notice: Some(notice),
            ..Change::default()
        };
        self.store().commit(change).await?;
        self.committed(has_reports);
        let answer = IntakeAnswer {
            complaint_no: complaint.complaint_no.clone(),
            state: StateName::Received,
            receipt,
        };
        Ok(Diverted { created: true, case: id, answer })
    }

    fn first_notice(&self, id: CaseId, key: &CaseKey, body: &[u8], receipt: &str) -> NoticeRow {
        let context = answer_context(id, "intake");
        NoticeRow {
            case: id,
            key: INTAKE_KEY,
            fingerprint: key.fingerprint("gc/v1/intake", body),
            answer: key.seal(&context, receipt.as_bytes(), self.random()),
        }
    }

    fn intake_receipt(
        &self,
        complaint: &Complaint,
        body: &[u8],
        stream: Pseudonym,
        leaf: crate::log::Hash,
        now: Timestamp,
    ) -> String {
        let receipt = IntakeReceipt {
            iss: self.inner.host.base_url.clone(),
            aud: self.center().issuer.clone(),
            complaint_no: complaint.complaint_no.to_string(),
            body_sha256: body_digest(body),
            received_at: now,
            log_origin: self.inner.host.log_origin.clone(),
            stream: stream.to_string(),
            leaf_hash: leaf.to_string(),
            merge_by: now.plus_millis(self.inner.merge_delay_millis),
        };
        sign_intake_receipt(&receipt, self.inner.keys.receipt())
    }

    pub(super) fn blind_phone(&self, phone: &str) -> [u8; 32] {
        let normal = Phone::parse(phone).map_or_else(|_| phone.to_owned(), |p| p.normalized());
        self.inner.blind.of("phone", normal.as_bytes())
    }
}

pub(super) fn answer_context(case: CaseId, row: &str) -> SealContext<'_> {
    SealContext { table: "notices", column: "answer", case, row }
}
