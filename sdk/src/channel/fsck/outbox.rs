//! The reports of a case held against the steps that its leaves tell: each step once, in order,
//! and every delivered one with the center's own signature.

use super::case::{Opened, Told};
use super::report::{FsckCode, FsckFinding};
use crate::case::{ReportKind, StateName};
use crate::channel::Channel;
use crate::protocol::{ReceiptExpectation, body_digest, verify_report_receipt};
use crate::store::{OutboxRow, OutboxState, Store, StoredCase};

/// What ends a complaint: none of them may be told twice for one ending.
const OUTCOMES: [ReportKind; 4] =
    [ReportKind::Closed, ReportKind::HandedBack, ReportKind::Withdrawn, ReportKind::Erased];

impl<S: Store> Channel<S> {
    pub(super) fn hold_reports(
        &self,
        stored: &StoredCase,
        told: &Told,
        reports: &[OutboxRow],
        opened: Option<&Opened>,
        found: &mut Vec<FsckFinding>,
    ) {
        let id = stored.row.id;
        for (row, expected) in reports.iter().zip(1_u32..) {
            let subject = || format!("{id} report {expected}");
            if row.sequence != expected {
                found.push(FsckFinding::new(FsckCode::ReportGap, subject()));
                break;
            }
            if let Some(code) = self.judge(stored, told, row, opened) {
                found.push(FsckFinding::new(code, subject()));
            }
        }
        if !told.is_sound {
            return;
        }
        let kinds: Vec<Option<ReportKind>> =
            reports.iter().map(|row| ReportKind::from_code(&row.kind)).collect();
        let times = |kind: ReportKind| {
            let happened = told.steps.iter().filter(|step| **step == kind).count();
            (kinds.iter().filter(|told| **told == Some(kind)).count(), happened)
        };
        for kind in OUTCOMES {
            let (reported, happened) = times(kind);
            if reported > happened {
                let subject = format!("{id} {}", kind.code());
                found.push(FsckFinding::new(FsckCode::OutcomeTwice, subject));
            }
        }
        let steps: Vec<Option<ReportKind>> = told.steps.iter().copied().map(Some).collect();
        if kinds != steps {
            let place = kinds.iter().zip(&steps).take_while(|(told, step)| told == step).count();
            let subject = format!("{id} report {}", place + 1);
            found.push(FsckFinding::new(FsckCode::ReportMissing, subject));
        }
    }

    /// What is wrong with a report by itself.
    fn judge(
        &self,
        stored: &StoredCase,
        told: &Told,
        row: &OutboxRow,
        opened: Option<&Opened>,
    ) -> Option<FsckCode> {
        let is_erased = stored.row.state == StateName::Erased.code();
        let is_farewell = row.kind == ReportKind::Erased.code();
        if is_erased {
            let unsent = matches!(row.state, OutboxState::Pending | OutboxState::Dead);
            let left = row.body.is_some() && !(is_farewell && unsent);
            return match (left, unsent, is_farewell) {
                (true, _, _) => Some(FsckCode::WordsLeft),
                // Only the erasure itself is still to be told.
                (false, true, false) => Some(FsckCode::WordsLeft),
                (false, true, true) if self.open_report(row, None).is_err() => {
                    Some(FsckCode::ReportUnreadable)
                }
                (false, _, _) => None,
            };
        }
        // Without a key nothing of a live case opens, which is told elsewhere.
        let opened = opened?;
        if row.state == OutboxState::Dropped {
            return Some(FsckCode::ReportDropped);
        }
        let Ok(body) = self.open_report(row, Some(&opened.key)) else {
            return Some(FsckCode::ReportUnreadable);
        };
        match row.state {
            OutboxState::Delivered => self.judge_receipt(told, row, opened, &body),
            OutboxState::Pending | OutboxState::Dead | OutboxState::Dropped => None,
        }
    }

    /// A delivered report was noted in the history, and the receipt among the words of that event
    /// is the center's own, over these bytes.
    fn judge_receipt(
        &self,
        told: &Told,
        row: &OutboxRow,
        opened: &Opened,
        body: &[u8],
    ) -> Option<FsckCode> {
        // What the leaves do not tell soundly is told elsewhere.
        let case = told.case.as_ref()?;
        // The folded case has its receipts in the order of the leaves that commit to them.
        let leaves = told.commits.iter().filter(|(_, fields)| fields.contains_key("receipt"));
        let mut noted = case.receipts.iter().zip(leaves.map(|(n, _)| n));
        let leaf = noted.find_map(|(noted, n)| (noted.report_id == row.id).then_some(n));
        let document = leaf.and_then(|n| opened.receipts.get(n));
        let (Some(document), Some(at)) = (document, row.delivered_at) else {
            return Some(FsckCode::ReceiptMissing);
        };
        let id = row.id.to_string();
        let center = self.center();
        let digest = body_digest(body);
        let expect = ReceiptExpectation {
            center_issuer: &center.issuer,
            merchant: &self.inner.host.base_url,
            report_id: &id,
            body_sha256: &digest,
        };
        let holds = verify_report_receipt(document, &center.keys, &expect, at).is_ok();
        if holds { None } else { Some(FsckCode::ReceiptInvalid) }
    }
}
