//! Notices of the center, each taken once.

use serde::{Deserialize, Serialize};

use super::casework::{ActError, Alongside, LoadedCase};
use super::intake::answer_context;
use super::{Channel, token_use};
use crate::case::{Action, Circumstance, Command, Refusal, ReportKind, StateName};
use crate::ids::{ComplaintNo, OfferId};
use crate::privacy::Personal;
use crate::protocol::{
    FieldError, Notice, NoticeAnswer, NoticeKind, NoticeOutcome, VerifiedCaller,
};
use crate::store::{Change, NoticeRow, Store, StoreError};

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The body does not read, or a field does not fit.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// Another body came under this notice id.
    #[error("another notice came under this id")]
    Conflict,
    /// It could not be done.
    #[error(transparent)]
    Act(#[from] ActError),
}

#[derive(Serialize, Deserialize)]
struct SealedAnswer {
    state: StateName,
    outcome: NoticeOutcome,
}

impl<S: Store> Channel<S> {
    /// Takes a notice about a complaint; the same notice again gets the same answer.
    ///
    /// # Errors
    /// See [`NoticeError`]; a refused notice leaves no trace but its used token.
    pub async fn notify(
        &self,
        caller: &VerifiedCaller,
        no: &ComplaintNo,
        body: &[u8],
    ) -> Result<NoticeAnswer, NoticeError> {
        let outcome = self.try_notify(caller, no, body).await;
        let took_token = match &outcome {
            Ok((_, took_token)) => *took_token,
            Err(NoticeError::Act(ActError::Store(_))) => true,
            Err(_) => false,
        };
        if !took_token {
            self.burn(caller).await.map_err(ActError::from)?;
        }
        outcome.map(|(answer, _)| answer)
    }

    async fn try_notify(
        &self,
        caller: &VerifiedCaller,
        no: &ComplaintNo,
        body: &[u8],
    ) -> Result<(NoticeAnswer, bool), NoticeError> {
        let notice = Notice::parse(body)?;
        for _ in 0..4 {
            let loaded = match self.load_by_number(no).await {
                Err(ActError::Unknown) if withdraws(&notice.kind) => {
                    match self.withdraw_unseen(no, &notice, token_use(caller)).await {
                        Err(ActError::Store(StoreError::Conflict { .. })) => continue,
                        done => return Ok((done?, true)),
                    }
                }
                // The consumer chose that the center does not hear of it.
                Ok(loaded) if !loaded.case.origin.is_reported() => {
                    return Err(ActError::Unknown.into());
                }
                loaded => loaded?,
            };
            if let Some(answer) = self.answered(&loaded, &notice, body).await? {
                return Ok((answer, false));
            }
            self.check_request(&loaded, &notice.kind).await?;
            let (command, outcome) = self.command_of(&notice.kind, body);
            let actor = self.center_actor();
            let acted = self
                .act_with(loaded.id, actor, &command, None, |after| {
                    let row = self.notice_row(&loaded, after, &notice, body, outcome)?;
                    let token = Some(token_use(caller));
                    Ok(Alongside { token, notice: Some(row), ..Alongside::default() })
                })
                .await;
            match acted {
                Ok(acted) => {
                    let state = acted.loaded.case.state.name();
                    let notice_id = notice.notice_id;
                    return Ok((NoticeAnswer { notice_id, state, outcome }, true));
                }
                // The same notice came in beside us: answer as it was answered.
                Err(ActError::Store(StoreError::Conflict { what: "notice" })) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ActError::from(StoreError::Conflict { what: "notice" }).into())
    }

    /// An answer to an extension that names its request answers no other: one that comes late must
    /// not grant what was asked afterwards.
    async fn check_request(&self, loaded: &LoadedCase, kind: &NoticeKind) -> Result<(), ActError> {
        let NoticeKind::ExtensionAnswer { report_id: Some(named), .. } = kind else {
            return Ok(());
        };
        let asked = ReportKind::ExtensionAsked.code();
        let reports = self.store().outbox_of(loaded.id).await?;
        let newest = reports.iter().filter(|row| row.kind == asked).max_by_key(|row| row.sequence);
        if newest.is_some_and(|row| row.id == *named) {
            return Ok(());
        }
        let code = Circumstance::NoExtensionAsked.into();
        let state = Some(loaded.case.state.name());
        Err(Refusal { action: Action::AnswerExtension, state, code }.into())
    }

    /// The earlier answer to this notice, if it was taken before.
    async fn answered(
        &self,
        loaded: &LoadedCase,
        notice: &Notice,
        body: &[u8],
    ) -> Result<Option<NoticeAnswer>, NoticeError> {
        let Some(key) = &loaded.key else { return withdrawn_before(loaded, notice).map(Some) };
        let id = key.fingerprint("gc/v1/notice-id", notice.notice_id.as_bytes());
        let row = self.store().notice(loaded.id, id).await.map_err(ActError::from)?;
        let Some(row) = row else { return Ok(None) };
        if row.fingerprint != key.fingerprint("gc/v1/notice", body) {
            return Err(NoticeError::Conflict);
        }
        let corrupt = || ActError::from(StoreError::Corrupt { table: "notices" });
        let plain = key
            .open(&answer_context(loaded.id, &hex::encode(id)), &row.answer)
            .map_err(|_| corrupt())?;
        let SealedAnswer { state, outcome } =
            serde_json::from_slice(&plain).map_err(|_| corrupt())?;
        Ok(Some(NoticeAnswer { notice_id: notice.notice_id.clone(), state, outcome }))
    }

    fn notice_row(
        &self,
        before: &LoadedCase,
        after: &LoadedCase,
        notice: &Notice,
        body: &[u8],
        outcome: NoticeOutcome,
    ) -> Result<NoticeRow, StoreError> {
        let key = before.key.as_ref().ok_or(StoreError::Corrupt { table: "case_keys" })?;
        let id = key.fingerprint("gc/v1/notice-id", notice.notice_id.as_bytes());
        let answer = SealedAnswer { state: after.case.state.name(), outcome };
        let plain = serde_json::to_vec(&answer).map_err(|_| super::leaves::broken("answer"))?;
        let row = hex::encode(id);
        let context = answer_context(before.id, &row);
        Ok(NoticeRow {
            case: before.id,
            key: id,
            fingerprint: key.fingerprint("gc/v1/notice", body),
            answer: key.seal(&context, &plain, self.random()),
        })
    }

    /// Sweeps what need not be remembered any longer: used tokens and expired documents.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let sweep = Some(self.now());
        self.store().commit(Change { sweep, ..Change::default() }).await
    }
}

/// What was answered to a notice went with the person's key. One that took complaint or consent back
/// is answered as it was: a center that did not hear us says it again.
fn withdrawn_before(loaded: &LoadedCase, notice: &Notice) -> Result<NoticeAnswer, NoticeError> {
    let (state, unseen) = (loaded.case.state.name(), loaded.case.unseen);
    let same = match notice.kind {
        NoticeKind::ConsentWithdrawn => state == StateName::Erased,
        NoticeKind::ComplaintWithdrawn { .. } => unseen,
        _ => false,
    };
    if !same {
        return Err(ActError::Erased.into());
    }
    let (notice_id, outcome) = (notice.notice_id.clone(), NoticeOutcome::Applied);
    Ok(NoticeAnswer { notice_id, state, outcome })
}

/// Whether the consumer takes back complaint or consent: then it counts whenever it comes.
fn withdraws(kind: &NoticeKind) -> bool {
    matches!(kind, NoticeKind::ComplaintWithdrawn { .. } | NoticeKind::ConsentWithdrawn)
}

impl<S: Store> Channel<S> {
    /// The command a notice stands for.
    fn command_of(&self, kind: &NoticeKind, body: &[u8]) -> (Command, NoticeOutcome) {
        let words = |text: &Option<String>| text.clone().map(Personal::new);
        let command = match kind {
            NoticeKind::Urge => Command::Urge,
            NoticeKind::Supervise { reply_by } => Command::Supervise { reply_by: *reply_by },
            NoticeKind::Supplement { text } => {
                Command::Supplement { text: Personal::new(text.clone()) }
            }
            NoticeKind::ComplaintWithdrawn { reason } => {
                Command::Withdraw { reason: words(reason), signature: None }
            }
            NoticeKind::ConsentWithdrawn => Command::WithdrawConsent { paper_no: None },
            NoticeKind::OfferAnswer { offer_id, accepted, text } => {
                let (offer_id, accepted, text) = (*offer_id, *accepted, words(text));
                Command::Answer { offer_id, accepted, text, signature: None }
            }
            NoticeKind::CounterOffer { offer_id, terms, text } => Command::Counter {
                offer_id: OfferId::new(self.now(), self.random()),
                answers: *offer_id,
                terms: (**terms).clone(),
                text: Personal::new(text.clone()),
                signature: None,
            },
            NoticeKind::ExtensionAnswer { granted, text, .. } => {
                Command::AnswerExtension { granted: *granted, text: words(text) }
            }
            NoticeKind::Breach { reason } => {
                Command::Breach { reason: Personal::new(reason.clone()) }
            }
            NoticeKind::RejectionReview { upheld, text } => {
                Command::Review { upheld: *upheld, text: words(text) }
            }
            NoticeKind::Rating { stars, text } => {
                Command::Rate { stars: *stars, text: words(text), signature: None }
            }
            NoticeKind::Reopen { reason } => {
                Command::Reopen { reason: Personal::new(reason.clone()), signature: None }
            }
            NoticeKind::CaseFiled => {
                let raw = Personal::new(String::from_utf8_lossy(body).into_owned());
                Command::KeepNotice { raw, case_filed: true }
            }
            NoticeKind::Unknown => {
                let raw = Personal::new(String::from_utf8_lossy(body).into_owned());
                return (Command::KeepNotice { raw, case_filed: false }, NoticeOutcome::Kept);
            }
        };
        (command, NoticeOutcome::Applied)
    }
}
