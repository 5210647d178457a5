//! What can be wrong with a log or with the folder it comes in, and how it is said to an auditor.

use crate::ids::{AdvanceId, Pseudonym};
use crate::log::{CheckpointError, DistrustError, LeafError, NoteError, PolicyError};

/// What is wrong with a log, and where. The first fault ends the check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A verifier key does not read.
    #[error("the verifier key: {0}")]
    Key(#[from] NoteError),
    /// The trust policy does not read.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The head is not believed.
    #[error("the checkpoint: {0}")]
    Distrust(#[from] DistrustError),
    /// An entry is no leaf.
    #[error("entry {position}: {error}")]
    Leaf {
        /// Where.
        position: u64,
        /// Why.
        error: LeafError,
    },
    /// An entry belongs to another log.
    #[error("entry {position}: it names another log")]
    Origin {
        /// Where.
        position: u64,
    },
    /// A stream misses an entry, or has it twice or changed.
    #[error("entry {position}: it does not follow the entry before it in its stream")]
    Chain {
        /// Where.
        position: u64,
    },
    /// An event that cannot have happened to its case.
    #[error("entry {position}: {reason}")]
    Illegal {
        /// Where.
        position: u64,
        /// Why not.
        reason: String,
    },
    /// A deadline that the calendar does not give.
    #[error("entry {position}: the calendar gives another deadline")]
    Deadline {
        /// Where.
        position: u64,
    },
    /// Fewer or more entries than the checkpoint says.
    #[error("the checkpoint is of {signed} entries, but there are {found}")]
    Size {
        /// As signed.
        signed: u64,
        /// As found.
        found: u64,
    },
    /// The entries give another root.
    #[error("the entries give another root than the checkpoint")]
    Root,
    /// The log is shorter than the head that the auditor had seen.
    #[error("the log has {now} entries, but had {then} at the earlier checkpoint")]
    Shrunk {
        /// At the earlier head.
        then: u64,
        /// Now.
        now: u64,
    },
    /// The log did not grow out of the head that the auditor had seen.
    #[error("the first {then} entries give another root than the earlier checkpoint")]
    Rewritten {
        /// At the earlier head.
        then: u64,
    },
    /// The earlier head is of another log, or not signed by it.
    #[error("the earlier checkpoint: {0}")]
    Earlier(CheckpointError),
    /// A case and the fund say different things of an advance.
    #[error("advance {advance}: its case and the fund tell it differently")]
    Advance {
        /// Which.
        advance: AdvanceId,
    },
    /// A file of the folder is missing, or not what it should be.
    #[error("{file}: {reason}")]
    File {
        /// Its path within the folder.
        file: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A hash tile is not that of the entries.
    #[error("{file}: the hashes are not those of the entries")]
    Tile {
        /// Its path within the folder.
        file: String,
    },
    /// The journal says something else than the entries.
    #[error("fund.journal: another text than entry {n} of the fund gives")]
    Journal {
        /// The number of the entry within the fund.
        n: u64,
    },
    /// A published figure is not the one that its formula gives.
    #[error("indicators.json: {code} is not what its formula gives over the log")]
    Indicator {
        /// Of which indicator; `period` when what they are computed over is wrong.
        code: String,
    },
    /// Something shown of a case is not what was committed to.
    #[error("disclosed/{stream}.json: event {n}, {field}: not what the entry committed to")]
    Disclosure {
        /// The case.
        stream: Pseudonym,
        /// The number of its event.
        n: u64,
        /// The field.
        field: String,
    },
}

impl From<CheckpointError> for Fault {
    fn from(error: CheckpointError) -> Self {
        Self::Distrust(error.into())
    }
}

impl Fault {
    /// A stable word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Policy(_) => "policy",
            Self::Distrust(DistrustError::Quorum { .. }) => "quorum",
            Self::Distrust(_) => "checkpoint",
            Self::Leaf { .. } => "leaf",
            Self::Origin { .. } => "origin",
            Self::Chain { .. } => "chain",
            Self::Illegal { .. } => "illegal",
            Self::Deadline { .. } => "deadline",
            Self::Size { .. } => "size",
            Self::Root => "root",
            Self::Shrunk { .. } => "shrunk",
            Self::Rewritten { .. } => "rewritten",
            Self::Earlier(_) => "earlier",
            Self::Advance { .. } => "advance",
            Self::File { .. } => "file",
            Self::Tile { .. } => "tile",
            Self::Journal { .. } => "journal",
            Self::Indicator { .. } => "indicator",
            Self::Disclosure { .. } => "disclosure",
        }
    }

    /// What it means, for an auditor.
    #[must_use]
    pub fn message_zh(&self) -> String {
        let at = |position: &u64| format!("第 {} 条存证", position + 1);
        match self {
            Self::Key(_) => "核验公钥无法识别".to_owned(),
            Self::Policy(error) => format!("信任策略第 {} 行无法识别", error.line),
            Self::Distrust(DistrustError::Quorum { found }) if found.is_empty() => {
                "检查点没有任何见证方的联署，不符合信任策略".to_owned()
            }
            Self::Distrust(DistrustError::Quorum { found }) => {
                format!("检查点的联署不够（只有 {}），不符合信任策略", found.join("、"))
            }
            Self::Distrust(_) => "检查点的签名、联署或格式不可信".to_owned(),
            Self::Leaf { position, .. } => format!("{}不是有效的存证", at(position)),
            Self::Origin { position } => format!("{}属于另一份日志", at(position)),
            Self::Chain { position } => {
                format!("{}与同一案件的前一条不衔接（缺失、重复或被改动）", at(position))
            }
            Self::Illegal { position, .. } => format!("{}不符合办理规则", at(position)),
            Self::Deadline { position } => format!("{}的期限与工作日历不符", at(position)),
            Self::Size { signed, found } => {
                format!("检查点签的是 {signed} 条，实有 {found} 条")
            }
            Self::Root => "全部存证算出的根与检查点不符".to_owned(),
            Self::Shrunk { then, now } => {
                format!("您先前的检查点有 {then} 条，现在只有 {now} 条：日志变短了")
            }
            Self::Rewritten { then } => {
                format!("前 {then} 条与您先前的检查点不符：日志被改写过")
            }
            Self::Earlier(_) => "您先前的检查点不属于这份日志，或签名不可信".to_owned(),
            Self::Advance { advance } => {
                format!("先行赔付 {advance} 在案件与保证金账中的记载不一致")
            }
            Self::File { file, .. } => format!("文件 {file} 缺失、多余或无法识别"),
            Self::Tile { file } => format!("哈希文件 {file} 与存证不符"),
            Self::Journal { n } => format!("日记账 fund.journal 与保证金第 {n} 号存证不符"),
            Self::Indicator { code } => {
                format!("公布的指标 {code} 与按公式从存证算出的不符")
            }
            Self::Disclosure { stream, n, field } => {
                format!("案件 {stream} 第 {n} 步公开的内容（{field}）与存证中的承诺不符")
            }
        }
    }
}
