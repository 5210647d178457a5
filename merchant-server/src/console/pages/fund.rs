//! The pages of the fund: overview, lists, one advance, a tenant's ledger, the bank, the month, papers.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::forms::PlainForm;
use super::parts::{Badge, Fact, Shell, Tab, Tile};

/// A link with its words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    /// Where to.
    pub(crate) href: String,
    /// What is read.
    pub(crate) label: String,
}

/// 资金总览
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/overview.html")]
pub(crate) struct FundPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Why the last act was refused as a whole; empty when it was not.
    pub(crate) error: String,
    /// Said when the fund is low; empty when it is not.
    pub(crate) alarm: String,
    /// The balances.
    pub(crate) tiles: Vec<Tile>,
    /// What waits, each with its list.
    pub(crate) tabs: Vec<Tab>,
    /// The shops with a deposit or a debt.
    pub(crate) tenants: Vec<TenantLine>,
    /// The last entries, newest first.
    pub(crate) entries: Vec<EntryLine>,
    /// What this person may do to the fund itself.
    pub(crate) forms: Vec<PlainForm>,
    /// The limits as they are configured.
    pub(crate) limits: Vec<Fact>,
    /// The statements of the last months.
    pub(crate) months: Vec<Link>,
    /// Whether this person works with the bank.
    pub(crate) banks: bool,
}

/// A shop in the overview.
#[derive(Clone, Debug, Default)]
pub(crate) struct TenantLine {
    /// Its ledger.
    pub(crate) href: String,
    /// 商户
    pub(crate) name: String,
    /// 保证金
    pub(crate) deposit: String,
    /// 应收追偿款; empty for nothing.
    pub(crate) owed: String,
}

/// An entry of the fund.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntryLine {
    /// 分录号
    pub(crate) n: String,
    /// When it was written down.
    pub(crate) at: String,
    /// The day it counts, where that is another; empty otherwise.
    pub(crate) counts: String,
    /// What happened.
    pub(crate) label: String,
    /// What it is about; may lead nowhere.
    pub(crate) about: Link,
    /// Who.
    pub(crate) who: String,
    /// How much; empty for nothing.
    pub(crate) amount: String,
    /// Its postings: 借 … 贷 …
    pub(crate) moves: Vec<String>,
    /// 保证金 after it, in a tenant's ledger.
    pub(crate) deposit: String,
    /// 应收 after it, in a tenant's ledger.
    pub(crate) owed: String,
}

/// 先付列表, and what waits for a second person.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/list.html")]
pub(crate) struct FundListPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Why the last act was refused; empty when it was not.
    pub(crate) error: String,
    /// The lists.
    pub(crate) tabs: Vec<Tab>,
    /// What the list is for.
    pub(crate) lead: String,
    /// The advances.
    pub(crate) rows: Vec<AdvanceLine>,
    /// What waits for a second person.
    pub(crate) proposals: Vec<ProposalCard>,
    /// Whether the advances may be ticked for a batch.
    pub(crate) can_batch: bool,
    /// Link to the next sheet; empty on the last.
    pub(crate) next_href: String,
    /// Said when there is nothing.
    pub(crate) empty_title: String,
    /// Said below it.
    pub(crate) empty_hint: String,
}

/// An advance in a list.
#[derive(Clone, Debug, Default)]
pub(crate) struct AdvanceLine {
    /// Its id.
    pub(crate) id: String,
    /// Its page.
    pub(crate) href: String,
    /// 投诉编号, or that it was erased.
    pub(crate) complaint_no: String,
    /// 商户; empty when the host bears it.
    pub(crate) tenant: String,
    /// How much.
    pub(crate) amount: String,
    /// Where it stands.
    pub(crate) status: Badge,
    /// When and by whom it was asked for.
    pub(crate) asked: String,
    /// What is to be known: by when, how much is owed.
    pub(crate) note: String,
    /// How the note should feel.
    pub(crate) urgent: bool,
}

/// Something that needs two people.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProposalCard {
    /// Its id.
    pub(crate) id: String,
    /// What.
    pub(crate) title: String,
    /// The particulars.
    pub(crate) facts: Vec<Fact>,
    /// Why this person may not decide; empty when they may.
    pub(crate) why_not: String,
    /// The day of today, for the day on which it counts.
    pub(crate) today: String,
}

/// One advance.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/advance.html")]
pub(crate) struct FundAdvancePage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The number of events that it has had: an act on an older one is refused.
    pub(crate) version: u64,
    /// How much.
    pub(crate) title: String,
    /// 人民币大写
    pub(crate) words: String,
    /// Where it stands.
    pub(crate) status: Badge,
    /// Why the last act was refused as a whole; empty when it was not.
    pub(crate) error: String,
    /// The case; leads nowhere for whoever may not see it.
    pub(crate) case: Link,
    /// Who answers for it; leads nowhere when the host does.
    pub(crate) tenant: Link,
    /// What is known of it.
    pub(crate) facts: Vec<Fact>,
    /// To whom it is paid, shown this once.
    pub(crate) payee: Vec<Fact>,
    /// Whether this person may have that shown.
    pub(crate) can_show_payee: bool,
    /// Where the forms are sent.
    pub(crate) to: String,
    /// What this person may do now.
    pub(crate) forms: Vec<PlainForm>,
    /// What this person's role knows but the advance does not allow now.
    pub(crate) barred: Vec<Fact>,
    /// What can be printed.
    pub(crate) papers: Vec<Link>,
    /// The pictures of slips and receipts; a link for whoever may look.
    pub(crate) pictures: Vec<Link>,
    /// Whether this person may add one.
    pub(crate) can_add_picture: bool,
}

/// 商户台账
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/ledger.html")]
pub(crate) struct FundLedgerPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The shop.
    pub(crate) tenant: Link,
    /// Whether it trades.
    pub(crate) status: Badge,
    /// What it has in the fund, and owes it.
    pub(crate) facts: Vec<Fact>,
    /// The entries, newest first.
    pub(crate) entries: Vec<EntryLine>,
    /// What is owed, advance by advance.
    pub(crate) owed: Vec<AdvanceLine>,
}

/// 保证金月度报表
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/month.html")]
pub(crate) struct FundMonthPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// 单位
    pub(crate) host: String,
    /// 2026年11月
    pub(crate) month: String,
    /// Said while the month is not over; empty afterwards.
    pub(crate) draft: String,
    /// Account, 期初, 期末.
    pub(crate) balances: Vec<[String; 3]>,
    /// 事项, 笔数, 金额.
    pub(crate) rows: Vec<[String; 3]>,
    /// What else is to be known.
    pub(crate) remarks: Vec<String>,
    /// When it was made.
    pub(crate) made: String,
    /// The months before and after; empty where there is none.
    pub(crate) before: String,
    /// See `before`.
    pub(crate) after: String,
}

/// A paper of an advance: voucher, receipt, notice.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/paper.html")]
pub(crate) struct FundPaper {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The advance.
    pub(crate) advance_href: String,
    /// 付款凭单, 收款收据, 追偿通知书
    pub(crate) title: String,
    /// Its number.
    pub(crate) no: String,
    /// Said across it when it does not count yet; empty when it does.
    pub(crate) draft: String,
    /// To whom it is addressed; empty for nobody.
    pub(crate) to: String,
    /// The particulars.
    pub(crate) facts: Vec<Fact>,
    /// What it says, paragraph by paragraph.
    pub(crate) text: Vec<String>,
    /// ¥…
    pub(crate) amount: String,
    /// 人民币大写
    pub(crate) words: String,
    /// What is filled in by hand.
    pub(crate) blanks: Vec<&'static str>,
    /// Who signs, on the left and on the right.
    pub(crate) signs: Vec<&'static str>,
    /// The stream of the case in the log.
    pub(crate) stream: String,
}

/// 银行对账与批量付款
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/bank.html")]
pub(crate) struct FundBankPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Why the last act was refused; empty when it was not.
    pub(crate) error: String,
    /// The last batches, newest first.
    pub(crate) batches: Vec<BatchCard>,
    /// Whether a file of results was just read.
    pub(crate) has_results: bool,
    /// What became of its lines.
    pub(crate) results: Vec<ResultCard>,
    /// Whether a statement was just compared.
    pub(crate) compared: bool,
    /// How many lines agree.
    pub(crate) summary: String,
    /// The balance at the end; empty where the file says none.
    pub(crate) closing: Badge,
    /// What differs.
    pub(crate) differences: Vec<DifferenceLine>,
    /// What could not be noted, and why.
    pub(crate) remarks: Vec<String>,
}

/// A batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchCard {
    /// Its file.
    pub(crate) href: String,
    /// Its name.
    pub(crate) name: String,
    /// When, and by whom.
    pub(crate) made: String,
    /// How many.
    pub(crate) count: String,
}

/// A line of a file of results.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResultCard {
    /// Its row.
    pub(crate) row: String,
    /// The advance's page.
    pub(crate) href: String,
    /// The advance.
    pub(crate) id: String,
    /// What became of it.
    pub(crate) outcome: Badge,
}

/// What differs between bank and ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct DifferenceLine {
    /// Why.
    pub(crate) cause: String,
    /// The bank's side; empty for none.
    pub(crate) bank: String,
    /// Ours; empty for none.
    pub(crate) ours: String,
    /// The advance; empty for none.
    pub(crate) href: String,
    /// What to do next.
    pub(crate) next: String,
}

/// 保证金协议办法
#[derive(Clone, Debug, Default, Template)]
#[template(path = "fund/agreement.html")]
pub(crate) struct FundAgreementPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Why the last act was refused as a whole; empty when it was not.
    pub(crate) error: String,
    /// The form of a new version; absent when this person may not.
    pub(crate) form: Option<PlainForm>,
    /// Every version, newest first.
    pub(crate) versions: Vec<AgreementCard>,
}

/// A version of the agreement.
#[derive(Clone, Debug, Default)]
pub(crate) struct AgreementCard {
    /// 第 2 版
    pub(crate) title: String,
    /// 现行, 尚未生效, 已由新版本代替
    pub(crate) status: Badge,
    /// Since when, and who put it in force.
    pub(crate) about: String,
    /// SHA-256 of the text.
    pub(crate) digest: String,
    /// The text.
    pub(crate) text: String,
}
