//! What a check of a store says: invariants, findings with stable codes, tallies. No personal data:
//! subjects are ids, positions and counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::log::Hash;
use crate::store::StoreError;

/// How many findings are told one by one; the others are counted.
const TOLD: usize = 100;
/// What the check of the words cannot say.
const STRUCTURE: &str = "只核对结构：密文能用本案密钥解开且与承诺一致；没有搜索可读的个人信息";

/// What must hold of a store. The numbers never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Invariant {
    /// Every case reads, its leaves chain, and every projection is their fold.
    I1,
    /// The fund balances, and its books are the fold of its entries.
    I2,
    /// Nothing is paid twice: every entry of the fund may follow those before it.
    I3,
    /// Every advance is what its entries say, and its case says the same.
    I4,
    /// The log has the root that every checkpoint signed.
    I5,
    /// Every step is reported once and in order, and every outcome at most once.
    I6,
    /// The words of a case are sealed under its key and are the ones committed to.
    I7,
    /// The engine finds nothing wrong with itself.
    I8,
}

impl Invariant {
    /// All of them, in order.
    pub const ALL: [Self; 8] =
        [Self::I1, Self::I2, Self::I3, Self::I4, Self::I5, Self::I6, Self::I7, Self::I8];

    /// What it is about, for an operator.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::I1 => "案件可读、存证链完整、投影与存证一致、计数属实",
            Self::I2 => "资金收支平衡",
            Self::I3 => "不重复支付",
            Self::I4 => "每笔支付都有依据",
            Self::I5 => "日志的根与每个检查点一致",
            Self::I6 => "每一步恰好回传一次、次序无误、结果不重复",
            Self::I7 => "文字均已加密，且与存证中的承诺一致",
            Self::I8 => "数据库引擎自检",
        }
    }
}

/// What became of the check of an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Sound,
    /// It does not.
    Broken,
    /// There is nothing here that it is about.
    NotApplicable,
    /// It could not be judged in part; the note says why.
    NotJudged,
}

/// One invariant and what became of its check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FsckCheck {
    /// Which.
    pub invariant: Invariant,
    /// What became of it.
    pub verdict: Verdict,
    /// What was not looked at, and why.
    pub note: Option<&'static str>,
}

macro_rules! codes {
    ($($name:ident, $code:literal, $invariant:ident, $zh:literal;)*) => {
        /// What was found. The codes never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FsckCode {
            $(#[doc = $zh] $name,)*
        }

        impl FsckCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The invariant that does not hold.
            #[must_use]
            pub const fn invariant(self) -> Invariant {
                match self { $(Self::$name => Invariant::$invariant,)* }
            }

            /// What it means, for an operator.
            #[must_use]
            pub const fn message_zh(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }
        }
    };
}

codes! {
    CasesUnreadable, "cases_unreadable", I1, "案件列表中有一行无法读取，其后的案件未核对";
    CaseUnreadable, "case_unreadable", I1, "案件无法读取";
    KeyLost, "key_lost", I1, "案件密钥无法解开（密钥文件不符或数据损坏）";
    KeyMissing, "key_missing", I1, "案件未删除个人信息，却没有密钥";
    KeyAlive, "key_alive", I1, "案件已删除个人信息，密钥却仍在";
    NumberLost, "number_lost", I1, "按投诉编号找不到这个案件";
    LeafMissing, "leaf_missing", I1, "存证缺失或编号不连续";
    LeafChanged, "leaf_changed", I1, "存证内容与其哈希不符";
    LeafUnreadable, "leaf_unreadable", I1, "存证无法识别";
    ChainBroken, "chain_broken", I1, "存证与前一条不衔接";
    EventImpossible, "event_impossible", I1, "存证中的事件不可能发生在这个案件上";
    VersionWrong, "version_wrong", I1, "案件版本与存证条数不符";
    HeadWrong, "head_wrong", I1, "案件记录的末条存证哈希不符";
    SnapshotWrong, "snapshot_wrong", I1, "案件快照与存证推算的结果不符";
    RowWrong, "row_wrong", I1, "案件的状态、期限或时间与存证推算的结果不符";
    NoticeMissing, "notice_missing", I1, "缺少收到分流时的回执记录";
    NoticeUnreadable, "notice_unreadable", I1, "收到分流时的回执记录无法解开或与投诉内容不符";
    CountWrong, "count_wrong", I1, "计数与实际条数不符";
    LeafStray, "leaf_stray", I1, "存证总数与各案件之和不符，有不属于任何案件的存证";
    PositionGap, "position_gap", I5, "日志位置不连续";
    EntryChanged, "entry_changed", I5, "日志中的存证内容与其哈希不符";
    NodeWrong, "node_wrong", I5, "日志树的中间节点与存证算出的不符";
    FrontierWrong, "frontier_wrong", I5, "日志头与存证算出的不符";
    RootWrong, "root_wrong", I5, "存证算出的根与检查点不符";
    CheckpointUnsigned, "checkpoint_unsigned", I5, "检查点的签名或内容不可信";
    CheckpointAhead, "checkpoint_ahead", I5, "检查点签的条数多于实有的存证";
    LogUnreadable, "log_unreadable", I5, "日志有一部分无法读取";
    ReportGap, "report_gap", I6, "回传编号不连续";
    ReportMissing, "report_missing", I6, "回传与已发生的步骤不符（缺少、多出或次序不对）";
    OutcomeTwice, "outcome_twice", I6, "同一结果回传了不止一次";
    ReportUnreadable, "report_unreadable", I6, "回传内容无法解开";
    ReportDropped, "report_dropped", I6, "案件未删除个人信息，回传却被丢弃";
    ReceiptMissing, "receipt_missing", I6, "已送达的回传没有中心回执，或历史中没有记录回执";
    ReceiptInvalid, "receipt_invalid", I6, "中心回执无法核验（中心公钥已更换，或回执不符）";
    WordsLost, "words_lost", I7, "存证承诺的文字不见了";
    WordsUnreadable, "words_unreadable", I7, "加密的文字无法解开";
    WordsDiffer, "words_differ", I7, "文字与存证中的承诺不符";
    WordsStray, "words_stray", I7, "有不属于任何存证的加密文字";
    WordsLeft, "words_left", I7, "个人信息已删除，加密的文字或回传内容却仍在";
    EntryUnreadable, "entry_unreadable", I2, "资金分录无法识别";
    BooksWrong, "books_wrong", I2, "账户余额与分录推算的结果不符";
    EntryImpossible, "entry_impossible", I3, "资金分录不可能接在前面的分录之后（余额不足、重复支付或越权）";
    AdvanceWrong, "advance_wrong", I4, "先付记录与分录推算的结果不符";
    AdvanceUntold, "advance_untold", I4, "案件记载的先付进展与资金分录不符";
    Engine, "engine", I8, "数据库引擎自检发现问题";
}

impl Serialize for FsckCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// One thing that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FsckFinding {
    /// The invariant.
    pub invariant: Invariant,
    /// What.
    pub code: FsckCode,
    /// Where: a case with its leaf or report, a position of the log, a table.
    pub subject: String,
}

impl FsckFinding {
    pub(super) fn new(code: FsckCode, subject: impl Into<String>) -> Self {
        Self { invariant: code.invariant(), code, subject: subject.into() }
    }
}

/// How many reports stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReportTally {
    /// To be sent.
    pub pending: u64,
    /// Delivered with a receipt.
    pub delivered: u64,
    /// Put aside.
    pub dead: u64,
    /// Never sent, because the person was erased first.
    pub dropped: u64,
}

/// What was checked and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FsckReport {
    /// Whether nothing was found.
    pub sound: bool,
    /// Every invariant.
    pub checks: Vec<FsckCheck>,
    /// How many findings there are.
    pub findings_total: u64,
    /// The first hundred.
    pub findings: Vec<FsckFinding>,
    /// How many cases were read.
    pub cases: u64,
    /// How many of them are erased.
    pub erased: u64,
    /// How many of them are closed.
    pub closed: u64,
    /// Of the closed, how many whose closing the center has not acknowledged yet.
    pub closed_untold: u64,
    /// The reports.
    pub reports: ReportTally,
    /// How many leaves have a position.
    pub log_size: u64,
    /// The root over their bytes.
    pub log_root: Hash,
    /// How many leaves wait for a position; at most ten thousand are counted.
    pub staged: u64,
    /// How many checkpoints were held against the log.
    pub checkpoints: u64,
}

/// A report in the making.
pub(super) struct Audit {
    pub(super) report: FsckReport,
    /// How many cases there are in each state, as read.
    pub(super) states: BTreeMap<String, u64>,
    /// How many leaves the cases have.
    pub(super) case_leaves: u64,
    broken: BTreeSet<Invariant>,
    codes: BTreeSet<FsckCode>,
    notes: BTreeMap<Invariant, &'static str>,
    absent: BTreeMap<Invariant, &'static str>,
}

impl Audit {
    pub(super) fn new() -> Self {
        Self {
            report: FsckReport {
                sound: true,
                checks: Vec::new(),
                findings_total: 0,
                findings: Vec::new(),
                cases: 0,
                erased: 0,
                closed: 0,
                closed_untold: 0,
                reports: ReportTally::default(),
                log_size: 0,
                log_root: Hash::of_empty_tree(),
                staged: 0,
                checkpoints: 0,
            },
            states: BTreeMap::new(),
            case_leaves: 0,
            broken: BTreeSet::new(),
            codes: BTreeSet::new(),
            notes: BTreeMap::new(),
            absent: BTreeMap::new(),
        }
    }

    pub(super) fn found(&mut self, code: FsckCode, subject: impl Into<String>) {
        self.add(FsckFinding::new(code, subject));
    }

    pub(super) fn add(&mut self, finding: FsckFinding) {
        self.report.sound = false;
        self.report.findings_total += 1;
        self.broken.insert(finding.invariant);
        self.codes.insert(finding.code);
        if self.report.findings.len() < TOLD {
            self.report.findings.push(finding);
        }
    }

    /// Says that a part of an invariant could not be judged.
    pub(super) fn not_judged(&mut self, invariant: Invariant, note: &'static str) {
        self.notes.insert(invariant, note);
    }

    /// Says that there is nothing that an invariant is about.
    pub(super) fn not_applicable(&mut self, invariant: Invariant, note: &'static str) {
        self.absent.insert(invariant, note);
    }

    /// What a part of the check gave. A part that the engine broke off is a finding, and these
    /// invariants were not judged to their end.
    pub(super) fn survives<T>(
        &mut self,
        outcome: Result<T, StoreError>,
        about: &[Invariant],
    ) -> Result<Option<T>, StoreError> {
        let error = match outcome {
            Ok(value) => return Ok(Some(value)),
            Err(error @ (StoreError::Engine(_) | StoreError::Corrupt { .. })) => error,
            Err(error) => return Err(error),
        };
        self.found(FsckCode::Engine, error.to_string());
        for invariant in about {
            self.not_judged(*invariant, "数据库未能读完这一部分");
        }
        Ok(None)
    }

    /// Whether this was found already, wherever it was.
    pub(super) fn told(&self, code: FsckCode) -> bool {
        self.codes.contains(&code)
    }

    pub(super) fn finish(mut self) -> FsckReport {
        let check = |invariant| {
            let is_broken = self.broken.contains(&invariant);
            let note = self.notes.get(&invariant).copied();
            let (verdict, note) = match invariant {
                one if self.absent.contains_key(&one) => {
                    (Verdict::NotApplicable, self.absent.get(&one).copied())
                }
                Invariant::I7 if !is_broken => (Verdict::Sound, Some(STRUCTURE)),
                _ => match (is_broken, note) {
                    (true, note) => (Verdict::Broken, note),
                    (false, Some(note)) => (Verdict::NotJudged, Some(note)),
                    (false, None) => (Verdict::Sound, None),
                },
            };
            FsckCheck { invariant, verdict, note }
        };
        self.report.checks = Invariant::ALL.into_iter().map(check).collect();
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_beyond_those_that_are_told() {
        let mut audit = Audit::new();
        for place in 0..250 {
            audit.found(FsckCode::LeafChanged, format!("leaf {place}"));
        }
        let report = audit.finish();
        assert!(!report.sound);
        assert_eq!((report.findings_total, report.findings.len()), (250, TOLD));
        assert_eq!(report.checks[0].verdict, Verdict::Broken);
        assert_eq!(report.checks[1].verdict, Verdict::Sound);
        assert_eq!(report.checks[4].verdict, Verdict::Sound);
    }

    #[test]
    fn codes_are_unique() {
        let mut codes: Vec<&str> = FsckCode::ALL.iter().map(|code| code.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), FsckCode::ALL.len());
    }
}
