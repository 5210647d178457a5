//! The settlement agreement as it is printed and signed.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::parts::{Fact, Shell};

/// 和解协议
#[derive(Clone, Debug, Default, Template)]
#[template(path = "agreement.html")]
pub(crate) struct AgreementPage {
    /// The surroundings; they are not printed.
    pub(crate) shell: Shell,
    /// The case's page.
    pub(crate) case_href: String,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// Why it is only a draft; empty for what both sides agreed on.
    pub(crate) draft: String,
    /// Our side: name, 统一社会信用代码, the shop that answers.
    pub(crate) merchant: Vec<Fact>,
    /// The consumer's name, masked; empty when it is withheld.
    pub(crate) consumer: String,
    /// Who signs beside the consumer: in which capacity, and the name, masked.
    pub(crate) signers: Vec<Fact>,
    /// What the dispute is about.
    pub(crate) about: Vec<Fact>,
    /// What is promised, one promise a line.
    pub(crate) terms: Vec<String>,
    /// All money together; empty when there is none.
    pub(crate) total: String,
    /// What the consumer does in exchange, one thing a line.
    pub(crate) in_exchange: Vec<String>,
    /// 履行期限
    pub(crate) perform_by: String,
    /// The case's stream in the log.
    pub(crate) stream: String,
    /// The address of the public checkpoint.
    pub(crate) checkpoint_url: String,
}
