//! Is the store what it claims to be? Everything is read and held against the leaves, which are the
//! truth: chains, folds, commitments, reports, the log and every checkpoint that was signed.
//!
//! Works over any engine, page by page, also beside a running server: a case that moves while it is
//! looked at is looked at again. It mends nothing and needs the keys of the store.

mod case;
mod fund;
mod log;
mod outbox;
mod report;
mod words;

use std::collections::BTreeMap;

pub use report::{FsckCheck, FsckCode, FsckFinding, FsckReport, Invariant, ReportTally, Verdict};

use self::report::Audit;
use super::{Channel, HOST_STREAM};
use crate::store::{CaseQuery, Store, StoreError};

/// How many cases are read at a time.
const PAGE: u32 = 50;
/// How many waiting leaves are counted.
const STAGED: u32 = 10_000;
/// The streams that tell no case.
const NAMED: [&str; 3] = [HOST_STREAM, "fund", "admin"];

/// What moves when anything is written.
#[derive(PartialEq)]
struct Tide {
    cases: BTreeMap<String, u64>,
    reports: (u64, u64),
    size: u64,
    staged: u64,
}

impl<S: Store> Channel<S> {
    /// Checks the whole store. Reads everything, so it takes its time; writes nothing.
    ///
    /// # Errors
    /// When the store cannot be reached or is closed. What is broken inside it is a finding, and
    /// what could not be read for that reason is said not to be judged.
    pub async fn fsck(&self) -> Result<FsckReport, StoreError> {
        let mut audit = Audit::new();
        // The engine first: what follows may trip over what it finds.
        let lines = self.store().integrity().await;
        for line in audit.survives(lines, &[Invariant::I8])?.into_iter().flatten() {
            audit.found(FsckCode::Engine, line);
        }
        let before = self.tide().await;
        let before = audit.survives(before, &[Invariant::I1])?;
        let log = self.audit_log(&mut audit).await;
        audit.survives(log, &[Invariant::I5])?;
        for stream in NAMED {
            let named = self.audit_named_stream(&mut audit, stream).await;
            audit.survives(named, &[Invariant::I1])?;
        }
        let fund = self.audit_fund(&mut audit).await;
        audit.survives(fund, &[Invariant::I2, Invariant::I3, Invariant::I4])?;
        let cases = self.audit_cases(&mut audit).await;
        let of_cases = [Invariant::I1, Invariant::I6, Invariant::I7];
        let whole = audit.survives(cases, &of_cases)?.unwrap_or(false);
        if let Some(before) = before {
            let sums = self.audit_sums(&mut audit, &before, whole).await;
            audit.survives(sums, &[Invariant::I1])?;
        }
        Ok(audit.finish())
    }

    async fn tide(&self) -> Result<Tide, StoreError> {
        let counts = self.store().case_counts().await?;
        let staged = self.store().staged(STAGED).await?.len();
        Ok(Tide {
            cases: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
            reports: self.store().outbox_counts().await?,
            size: self.store().log_head().await?.size,
            staged: u64::try_from(staged).unwrap_or(u64::MAX),
        })
    }

    /// Looks at every case; `false` when a page did not read.
    async fn audit_cases(&self, audit: &mut Audit) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let query = CaseQuery { after, limit: PAGE, ..CaseQuery::default() };
            let page = match self.store().cases(query).await {
                Err(StoreError::Corrupt { table }) => {
                    audit.found(FsckCode::CasesUnreadable, table);
                    return Ok(false);
                }
                page => page?,
            };
            for stored in page.cases {
                self.audit_case(audit, stored).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(true);
            }
        }
    }

    /// Holds the counts against what was read, if that was all. Sums over the whole store are only
    /// fair when nothing moved meanwhile.
    async fn audit_sums(
        &self,
        audit: &mut Audit,
        tide: &Tide,
        whole: bool,
    ) -> Result<(), StoreError> {
        audit.report.staged = tide.staged;
        if !whole || self.tide().await? != *tide {
            let note = "计数未判定：核对期间有写入，或未能读完；请停止服务后再核对";
            audit.not_judged(Invariant::I1, note);
            return Ok(());
        }
        if tide.cases != audit.states {
            audit.found(FsckCode::CountWrong, "cases");
        }
        let reports = audit.report.reports;
        if tide.reports != (reports.pending, reports.dead) {
            audit.found(FsckCode::CountWrong, "reports");
        }
        let mut known = audit.case_leaves;
        for stream in NAMED {
            known += self.store().stream_head(stream).await?.map_or(0, |head| head.next);
        }
        // More leaves wait than were counted: their sum says nothing.
        if tide.staged < u64::from(STAGED) && tide.size + tide.staged != known {
            let all = tide.size + tide.staged;
            audit.found(FsckCode::LeafStray, format!("{all} leaves, {known} of them known"));
        }
        Ok(())
    }
}
