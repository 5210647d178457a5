//! The reports of a case held against the steps that its leaves tell: each step once, in order,
//! and every delivered one with the center's own signature.

use super::case::Told;
use super::report::{FsckCode, FsckFinding};
use crate::case::{Case, ReportKind, StateName};
use crate::channel::Channel;
use crate::privacy::{CaseKey, SealContext};
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
        key: Option<&CaseKey>,
        found: &mut Vec<FsckFinding>,
    ) {
        let id = stored.row.id;
        for (row, expected) in reports.iter().zip(1_u32..) {
            let subject = || format!("{id} report {expected}");
            if row.sequence != expected {
                found.push(FsckFinding::new(FsckCode::ReportGap, subject()));
                break;
            }
            if let Some(code) = self.judge(stored, told.case.as_ref(), row, key) {
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
        case: Option<&Case>,
        row: &OutboxRow,
        key: Option<&CaseKey>,
    ) -> Option<FsckCode> {
        let is_erased = stored.row.state == StateName::Erased.code();
        let is_farewell = row.kind == ReportKind::Erased.code();
        if is_erased {
            let left = row.receipt.is_some() || (row.body.is_some() && !is_farewell);
            let unsent = matches!(row.state, OutboxState::Pending | OutboxState::Dead);
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
        let key = key?;
        if row.state == OutboxState::Dropped {
            return Some(FsckCode::ReportDropped);
        }
        let Ok(body) = self.open_report(row, Some(key)) else {
            return Some(FsckCode::ReportUnreadable);
        };
        match row.state {
            OutboxState::Delivered => self.judge_receipt(case, row, key, &body),
            OutboxState::Pending | OutboxState::Dead | OutboxState::Dropped => None,
        }
    }

    fn judge_receipt(
        &self,
        case: Option<&Case>,
        row: &OutboxRow,
        key: &CaseKey,
        body: &[u8],
    ) -> Option<FsckCode> {
        let noted = case.is_none_or(|case| case.receipts.iter().any(|r| r.report_id == row.id));
        let (Some(receipt), Some(at), true) = (&row.receipt, row.delivered_at, noted) else {
            return Some(FsckCode::ReceiptMissing);
        };
        let id = row.id.to_string();
        let place = SealContext { table: "outbox", column: "receipt", case: row.case, row: &id };
        let opened = key.open(&place, receipt).ok();
        let document = opened.as_ref().and_then(|plain| std::str::from_utf8(plain).ok());
        let center = self.center();
        let digest = body_digest(body);
        let expect = ReceiptExpectation {
            center_issuer: &center.issuer,
            merchant: &self.inner.host.base_url,
            report_id: &id,
            body_sha256: &digest,
        };
        let holds = document.is_some_and(|document| {
            verify_report_receipt(document, &center.keys, &expect, at).is_ok()
        });
        if holds { None } else { Some(FsckCode::ReceiptInvalid) }
    }
}
