//! The pieces that pages are made of: badges, facts, deadlines, cards and lines.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use super::forms::{Choice, RevealForm};
pub(crate) use super::nav::{Section, Sees};

/// How a thing should feel; the words beside it always say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to do.
    #[default]
    Quiet,
    /// Under way.
    Busy,
    /// Done or safe.
    Good,
    /// Soon too late, or waiting for us.
    Warn,
    /// Too late, or failed.
    Bad,
}

impl Tone {
    /// The suffix of the style class.
    pub(crate) const fn css(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// What surrounds every page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shell {
    /// The station's name, e.g. "银河百货消费维权服务站".
    pub(crate) station: String,
    /// The signed-in person; empty when nobody is, which also hides the navigation.
    pub(crate) user_name: String,
    /// The role acted in, in Chinese.
    pub(crate) role: String,
    /// The other roles the person may act in.
    pub(crate) other_roles: Vec<Choice>,
    /// Which entries of the navigation the role has.
    pub(crate) sees: Sees,
    /// Whether the person may see the 人员 page.
    pub(crate) sees_people: bool,
    /// Whether the person may register a complaint at the desk.
    pub(crate) registers: bool,
    /// The current entry of the navigation.
    pub(crate) section: Section,
    /// Cases with something new; empty for none.
    pub(crate) unread: String,
    /// Reports in trouble; empty for none.
    pub(crate) stuck_reports: String,
    /// Advances and proposals that wait for this role; empty for none.
    pub(crate) fund_waits: String,
    /// What has just been done, e.g. "已受理"; empty for nothing.
    pub(crate) notice: String,
    /// A standing remark, e.g. that this is a demonstration; empty for none.
    pub(crate) banner: String,
    /// The server's time in epoch milliseconds: the browser's clock is not believed.
    pub(crate) now_ms: i64,
    /// Version of the software.
    pub(crate) version: String,
}

/// A short label with a tone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Badge {
    /// The words.
    pub(crate) text: String,
    /// How it should feel.
    pub(crate) tone: Tone,
}

/// A name and a value in a list of facts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fact {
    /// The name.
    pub(crate) label: String,
    /// The value.
    pub(crate) value: String,
}

/// A figure at the head of the 工作台.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tile {
    /// What is counted.
    pub(crate) label: String,
    /// The count.
    pub(crate) value: String,
    /// How it should feel.
    pub(crate) tone: Tone,
    /// The queue that shows exactly these.
    pub(crate) href: String,
}

/// A queue with its count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tab {
    /// 待受理, 处理中 …
    pub(crate) label: String,
    /// How many.
    pub(crate) count: String,
    /// Its link.
    pub(crate) href: String,
    /// Whether it is shown now.
    pub(crate) current: bool,
}

/// The filter of the 工作台. Never a name or a phone: it ends up in the address line.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueueFilter {
    /// 投诉编号 typed before.
    pub(crate) complaint_no: String,
    /// Whether anything is set, so that there is something to clear.
    pub(crate) active: bool,
    /// The queue without the filter.
    pub(crate) clear_href: String,
}

/// A case in the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseRow {
    /// Its page.
    pub(crate) href: String,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// When it arrived.
    pub(crate) received: String,
    /// 商品或服务
    pub(crate) goods: String,
    /// 问题类别
    pub(crate) issue: String,
    /// 诉求
    pub(crate) requests: String,
    /// 金额, e.g. "¥1,299.00"; empty when none is named.
    pub(crate) amount: String,
    /// The consumer's name, masked, e.g. "林**".
    pub(crate) consumer: String,
    /// The consumer's phone, masked, e.g. "139****5520"; empty when erased.
    pub(crate) consumer_phone: String,
    /// 状态
    pub(crate) state: Badge,
    /// 催办, 督办, 重复 …
    pub(crate) marks: Vec<Badge>,
    /// The nearest deadline, when one runs.
    pub(crate) due: Option<Due>,
    /// Whether the center or the consumer said something since it was last opened.
    pub(crate) unread: bool,
    /// 首问责任人; empty before acceptance.
    pub(crate) responder: String,
}

/// A deadline in a few words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Due {
    /// What it is for: 首问响应, 协商和解 …
    pub(crate) label: String,
    /// The day or instant, e.g. "11月24日 10:05".
    pub(crate) by: String,
    /// E.g. "还剩 2 个工作日", "已超期 1 个工作日".
    pub(crate) remaining: String,
    /// The last instant in epoch milliseconds, for the live countdown.
    pub(crate) due_ms: i64,
    /// How it should feel.
    pub(crate) tone: Tone,
    /// Whether it still runs; a stopped clock is not counted down.
    pub(crate) running: bool,
}

/// A station on the case's path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    /// 已接收, 首问受理 …
    pub(crate) label: String,
    /// When it was reached; empty before.
    pub(crate) at: String,
    /// Whether it is behind us.
    pub(crate) done: bool,
    /// Whether the case stands here.
    pub(crate) current: bool,
}

/// 消费者
#[derive(Clone, Debug, Default)]
pub(crate) struct ConsumerCard {
    /// Name, phone …, masked or, after a reveal, in clear; none when they are withheld.
    pub(crate) facts: Vec<Fact>,
    /// Why they are not shown to this reader; empty when they are.
    pub(crate) withheld: String,
    /// Who speaks for the consumer: representatives of a joint complaint, an agent.
    pub(crate) parties: Vec<Fact>,
    /// Whether the facts are in clear.
    pub(crate) revealed: bool,
    /// The form that asks for a reason; absent when this person may not.
    pub(crate) reveal: Option<RevealForm>,
    /// Said when there is no form: why not.
    pub(crate) why_not: String,
}

/// 同意
#[derive(Clone, Debug, Default)]
pub(crate) struct ConsentCard {
    /// 有效, 已撤回, 已到期
    pub(crate) state: Badge,
    /// 同意范围, 时间, 方式, 有效期
    pub(crate) facts: Vec<Fact>,
}

/// A clock and its sum.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClockCard {
    /// The deadline.
    pub(crate) due: Due,
    /// 暂停中, 曾超期, 已延长; may be empty.
    pub(crate) marks: Vec<Badge>,
    /// Whether a year without published holidays was counted.
    pub(crate) provisional: bool,
    /// The sum in a sentence.
    pub(crate) explanation: String,
    /// Its parts: start, length, extension, what moved it.
    pub(crate) sum: Vec<Fact>,
    /// Each run of skipped days and why, e.g. "11月28日至11月29日", "周末".
    pub(crate) skipped: Vec<Fact>,
    /// Weekend days that count because they are worked, and for which holiday.
    pub(crate) make_up: Vec<Fact>,
    /// Rule set, source of the rule, calendar version.
    pub(crate) basis: String,
}

/// 和解方案
#[derive(Clone, Debug, Default)]
pub(crate) struct OfferCard {
    /// E.g. "第 2 次方案".
    pub(crate) title: String,
    /// Where it stands.
    pub(crate) state: Badge,
    /// Whose proposal it is.
    pub(crate) by: Badge,
    /// The terms, each with its amount where it has one.
    pub(crate) terms: Vec<Fact>,
    /// What the consumer does in exchange, in a line; empty for nothing.
    pub(crate) in_exchange: String,
    /// All money together; empty when there is none.
    pub(crate) total: String,
    /// 履行期限
    pub(crate) perform_by: String,
    /// 消费者答复期限; empty for the consumer's own proposal.
    pub(crate) answer_by: String,
    /// When it was drafted.
    pub(crate) drafted: String,
    /// The offer in words.
    pub(crate) text: String,
    /// By which way the consumer's word on it came; empty before.
    pub(crate) answer: String,
    /// The agreement to print; empty for an offer that is none, and for who may not print it.
    pub(crate) agreement_href: String,
}

/// Another case of the same consumer.
#[derive(Clone, Debug, Default)]
pub(crate) struct RelatedLine {
    /// Its page.
    pub(crate) href: String,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// 状态
    pub(crate) state: Badge,
    /// When it arrived.
    pub(crate) received: String,
}

/// A contact attempt.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContactLine {
    /// When.
    pub(crate) at: String,
    /// Who.
    pub(crate) who: String,
    /// 电话, 现场 …
    pub(crate) method: String,
    /// 已联系上, 未联系上
    pub(crate) result: Badge,
    /// What was said.
    pub(crate) note: String,
}

/// One event of the case in plain words.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimelineEntry {
    /// When.
    pub(crate) at: String,
    /// Who.
    pub(crate) who: String,
    /// In which role.
    pub(crate) role: String,
    /// What happened.
    pub(crate) what: String,
    /// The private note; empty for none.
    pub(crate) note: String,
    /// The position in the log, e.g. "存证第 128 号"; empty while it waits.
    pub(crate) log_position: String,
    /// The proof of that.
    pub(crate) proof_href: String,
    /// How it should feel.
    pub(crate) tone: Tone,
}

/// A report to the center.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReportLine {
    /// Its id, as in the address.
    pub(crate) report_id: String,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// The case's page.
    pub(crate) case_href: String,
    /// 已受理, 办结 …
    pub(crate) kind: String,
    /// When it was written.
    pub(crate) at: String,
    /// 已回执, 待发送, 未送达 …
    pub(crate) state: Badge,
    /// When the center receipted it; empty before.
    pub(crate) receipted: String,
    /// By when the receipt should be here; empty where no rule says so.
    pub(crate) due: String,
    /// Whether it is or was later.
    pub(crate) overdue: bool,
    /// How often it was tried.
    pub(crate) attempts: String,
    /// When it is tried next; empty when it is not.
    pub(crate) next_try: String,
    /// Why it did not arrive, in plain words; empty when it did.
    pub(crate) cause: String,
    /// What to do about it; empty for nothing.
    pub(crate) remedy: String,
    /// Whether this person may send it again.
    pub(crate) can_resend: bool,
}
