//! The consumer withdrew before the diversion reached us: the number is taken by a case without a
//! person, so that the diversion that comes after all opens nothing and stores nothing.

use super::Channel;
use super::casework::{ActError, case_row, fresh_key};
use super::leaves::{Chain, broken};
use crate::case::{Case, Stamped, withdrawn_unseen};
use crate::ids::{CaseId, ComplaintNo, Pseudonym};
use crate::protocol::{Notice, NoticeAnswer, NoticeKind, NoticeOutcome};
use crate::store::{CaseWrite, Change, Expected, NewCase, Store, TokenUse};

impl<S: Store> Channel<S> {
    /// Takes the number. A conflict says that the diversion was faster: then the notice is an
    /// ordinary one.
    pub(super) async fn withdraw_unseen(
        &self,
        no: &ComplaintNo,
        notice: &Notice,
        token: TokenUse,
    ) -> Result<NoticeAnswer, ActError> {
        let now = self.now();
        let policy = self.inner.policies.on(now.civil_date());
        let consent = matches!(notice.kind, NoticeKind::ConsentWithdrawn);
        let decision = withdrawn_unseen(consent);
        let (id, stream) = (CaseId::new(now, self.random()), Pseudonym::born(now, self.random()));
        let key = fresh_key(&*self.inner.entropy);
        let chain = Chain {
            stream: stream.to_string(),
            next: 0,
            head: None,
            at: now,
            actor: self.center_actor(),
            policy: Some(&policy),
        };
        let staged = self.stage(&chain, &decision.records, id, &key)?;
        let first = decision.records.first().ok_or_else(|| broken("event"))?;
        let stamped = Stamped { at: now, actor: chain.actor, event: first.event.clone() };
        let case = Case::begin(&stamped, &policy.rules.id).map_err(|_| broken("event"))?;
        let row = case_row(id, stream, &case, 0, staged.head, &policy)?;
        let new = NewCase {
            number: self.blind_number(no),
            wrapped_key: self.inner.kek.wrap(id, &key, self.random()),
            blind: Vec::new(),
        };
        let change = Change {
            token: Some(token),
            case: Some(CaseWrite { expected: Expected::New(new), row }),
            streams: vec![staged.stream],
            // Nothing was sealed, and nothing ever is: the key goes as it comes.
            erase: Some(id),
            ..Change::default()
        };
        self.store().commit(change).await?;
        self.committed(false);
        Ok(NoticeAnswer {
            notice_id: notice.notice_id.clone(),
            state: case.state.name(),
            outcome: NoticeOutcome::Applied,
        })
    }
}
