//! The pages of 监管查阅 and of the 存证凭条.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::parts::{Fact, Shell};

/// 监管查阅
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit/room.html")]
pub(crate) struct AuditPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The number that was looked for.
    pub(crate) no: String,
    /// What is wrong with it; empty when nothing is.
    pub(crate) error: String,
    /// Entries, head, witnesses.
    pub(crate) facts: Vec<Fact>,
    /// The month that is offered, first day.
    pub(crate) from: String,
    /// And last.
    pub(crate) to: String,
    /// Whether the log is small enough to be taken along from here.
    pub(crate) takes_along: bool,
    /// What the operator runs otherwise.
    pub(crate) command: String,
}

/// 管理操作
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit/acts.html")]
pub(crate) struct ActsPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The acts of this sheet, newest first.
    pub(crate) rows: Vec<ActLine>,
    /// Link to the next sheet; empty on the last.
    pub(crate) next_href: String,
}

/// One act.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActLine {
    /// When.
    pub(crate) at: String,
    /// Who.
    pub(crate) who: String,
    /// In which role.
    pub(crate) role: String,
    /// What.
    pub(crate) what: String,
    /// The facts, as the log has them.
    pub(crate) facts: String,
    /// Its place in the log; empty while it waits.
    pub(crate) place: String,
    /// Its proof; empty while it waits.
    pub(crate) proof_href: String,
}

/// 指标
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit/figures.html")]
pub(crate) struct FiguresPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// First day.
    pub(crate) from: String,
    /// Last day.
    pub(crate) to: String,
    /// What is wrong with them; empty when nothing is.
    pub(crate) error: String,
    /// Over how many entries; empty when nothing was computed.
    pub(crate) size: String,
    /// The figures.
    pub(crate) rows: Vec<FigureLine>,
}

/// One figure.
#[derive(Clone, Debug, Default)]
pub(crate) struct FigureLine {
    /// What it is called.
    pub(crate) label: String,
    /// The figure.
    pub(crate) figure: String,
    /// How it is computed.
    pub(crate) formula: String,
}

/// 存证凭条, A6
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit/slip.html")]
pub(crate) struct SlipPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The case.
    pub(crate) case_href: String,
    /// Who took the complaint.
    pub(crate) merchant: String,
    /// The stream.
    pub(crate) stream: String,
    /// When it came.
    pub(crate) received: String,
    /// The place in the log; empty when no head covers it yet.
    pub(crate) place: String,
    /// The log.
    pub(crate) origin: String,
    /// Where it can be checked.
    pub(crate) address: String,
    /// Whether witnesses cosign the heads.
    pub(crate) is_witnessed: bool,
    /// The code, a picture of this server's own making.
    pub(crate) qr: String,
}

/// 核验凭条
#[derive(Clone, Debug, Default, Template)]
#[template(path = "audit/slip_check.html")]
pub(crate) struct SlipCheckPage {
    /// The surroundings, of a page for nobody.
    pub(crate) shell: Shell,
    /// Whether a slip was given.
    pub(crate) asked: bool,
    /// Why it proves nothing; empty when it does.
    pub(crate) error: String,
    /// What it proves.
    pub(crate) facts: Vec<Fact>,
    /// Whether the log still says so.
    pub(crate) now: String,
}
