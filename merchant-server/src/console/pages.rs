//! The console's pages as data: what each template shows, already worded and formatted in Chinese.
//!
//! Knows nothing of cases, permissions or the clock. Whoever fills these structs decides what may
//! be seen; a template only lays it out. Every string is escaped when it is rendered.

use askama::Template;

use self::forms::{Actions, PlainForm};
use self::parts::{
    Badge, CaseRow, ClockCard, ConsentCard, ConsumerCard, ContactLine, Due, Fact, OfferCard,
    QueueFilter, RelatedLine, ReportLine, Shell, Step, Tab, Tile, TimelineEntry,
};

pub(crate) mod agreement;
pub(crate) mod answer_link;
pub(crate) mod audit;
pub(crate) mod forms;
pub(crate) mod fund;
pub(crate) mod nav;
pub(crate) mod parts;
pub(crate) mod people;
pub(crate) mod register;
pub(crate) mod reminders;
pub(crate) mod reveals;
pub(crate) mod shop_room;
pub(crate) mod tenants;

/// 登录
#[derive(Clone, Debug, Default, Template)]
#[template(path = "login.html")]
pub(crate) struct LoginPage {
    /// The surroundings; nobody is signed in.
    pub(crate) shell: Shell,
    /// The name typed before.
    pub(crate) user: String,
    /// What the first step gave, when a one-time code is asked now; empty when the password is.
    pub(crate) pending: String,
    /// Where to go afterwards: a path of this console.
    pub(crate) next: String,
    /// Why the last attempt failed; empty for the first.
    pub(crate) error: String,
}

/// 先行赔付 on the page of a case.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseAdvances {
    /// Where the request is sent.
    pub(crate) to: String,
    /// What there is.
    pub(crate) lines: Vec<CaseAdvance>,
    /// The request; absent when this person may not, or the case does not allow it now.
    pub(crate) request: Option<PlainForm>,
    /// Why there is no request; empty for whoever never asks.
    pub(crate) why_not: String,
}

impl CaseAdvances {
    /// Whether there is anything to show.
    pub(crate) const fn is_shown(&self) -> bool {
        !self.lines.is_empty() || self.request.is_some()
    }
}

/// An advance on the page of its case.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseAdvance {
    /// Its page; empty for whoever may not see it.
    pub(crate) href: String,
    /// How much.
    pub(crate) amount: String,
    /// Where it stands.
    pub(crate) status: Badge,
    /// What else is to be known.
    pub(crate) note: String,
}

/// 工作台
#[derive(Clone, Debug, Default, Template)]
#[template(path = "queue.html")]
pub(crate) struct QueuePage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The figures that need attention, with links; may be empty.
    pub(crate) tiles: Vec<Tile>,
    /// The queues.
    pub(crate) tabs: Vec<Tab>,
    /// The code of the current queue, kept by the filter form.
    pub(crate) tab: String,
    /// The filter as it stands.
    pub(crate) filter: QueueFilter,
    /// The cases of this sheet.
    pub(crate) rows: Vec<CaseRow>,
    /// E.g. "共 37 件，本页 20 件".
    pub(crate) shown: String,
    /// Link to the next sheet; empty on the last.
    pub(crate) next_href: String,
    /// Link back to the first sheet; empty on the first.
    pub(crate) first_href: String,
    /// Said when there are no rows.
    pub(crate) empty_title: String,
    /// Said below it: why, or what to do.
    pub(crate) empty_hint: String,
}

/// 案件
#[derive(Clone, Debug, Default, Template)]
#[template(path = "case.html")]
pub(crate) struct CasePage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The case's id, as in the address.
    pub(crate) case_id: String,
    /// The version that was read; an action on an older one is refused.
    pub(crate) version: u64,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// What it is about: goods and issue.
    pub(crate) title: String,
    /// 首问责任人; empty before acceptance.
    pub(crate) responder: String,
    /// 状态
    pub(crate) state: Badge,
    /// 超期, 催办, 督办, 重复 …
    pub(crate) marks: Vec<Badge>,
    /// The nearest deadline, when one runs.
    pub(crate) due: Option<Due>,
    /// The path of the case.
    pub(crate) steps: Vec<Step>,
    /// The next thing to do, in one sentence; empty when nothing is.
    pub(crate) next_hint: String,
    /// Why the last action was refused as a whole; empty when it was not.
    pub(crate) error: String,
    /// The address of a link that was just issued, shown this once; empty for none.
    pub(crate) link: String,
    /// What is beside the state: what waits, stands still or was told.
    pub(crate) standing: Vec<Fact>,
    /// 先行赔付
    pub(crate) advances: CaseAdvances,
    /// Other cases of the same consumer.
    pub(crate) related: Vec<RelatedLine>,
    /// Goods, issue, requests, amounts, dates.
    pub(crate) facts: Vec<Fact>,
    /// What happened, in the consumer's words.
    pub(crate) story: String,
    /// Later supplements, oldest first.
    pub(crate) supplements: Vec<Fact>,
    /// 消费者
    pub(crate) consumer: ConsumerCard,
    /// 被投诉人
    pub(crate) respondent: Vec<Fact>,
    /// 同意
    pub(crate) consent: ConsentCard,
    /// 时限
    pub(crate) clocks: Vec<ClockCard>,
    /// 和解方案, newest first.
    pub(crate) offers: Vec<OfferCard>,
    /// 联系记录, newest first.
    pub(crate) contacts: Vec<ContactLine>,
    /// 经过, newest first.
    pub(crate) timeline: Vec<TimelineEntry>,
    /// 回传记录, newest first.
    pub(crate) reports: Vec<ReportLine>,
    /// The forms of what this person may do now.
    pub(crate) actions: Actions,
    /// What cannot be done now, and why.
    pub(crate) barred: Vec<Fact>,
}

/// 回传
#[derive(Clone, Debug, Default, Template)]
#[template(path = "reports.html")]
pub(crate) struct ReportsPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Whether the center answers, in a sentence.
    pub(crate) center: Badge,
    /// Figures.
    pub(crate) tiles: Vec<Tile>,
    /// Reports that were given up and wait for a person.
    pub(crate) dead: Vec<ReportLine>,
    /// Reports that are on their way.
    pub(crate) pending: Vec<ReportLine>,
    /// The last that were receipted.
    pub(crate) receipted: Vec<ReportLine>,
}

/// 存证
#[derive(Clone, Debug, Default, Template)]
#[template(path = "log.html")]
pub(crate) struct LogPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The log's name.
    pub(crate) origin: String,
    /// How many entries the checkpoint covers.
    pub(crate) tree_size: String,
    /// The root hash, base64.
    pub(crate) root: String,
    /// When the checkpoint was signed.
    pub(crate) signed_at: String,
    /// The checkpoint, word for word.
    pub(crate) checkpoint: String,
    /// The verifier key of the log.
    pub(crate) vkey: String,
    /// Entries that wait for their position; "0" for none.
    pub(crate) waiting: String,
    /// The witnesses' signatures; empty when there are none.
    pub(crate) witnesses: Vec<Fact>,
    /// The address of the public checkpoint.
    pub(crate) checkpoint_url: String,
}

/// Something went wrong, and what to do.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// What went wrong, in a few words.
    pub(crate) title: String,
    /// In a sentence.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) remedy: String,
    /// The request's id, to be told to the administrator; empty when there is none.
    pub(crate) request_id: String,
    /// Where to go from here.
    pub(crate) back_href: String,
    /// What that is called, e.g. "返回工作台".
    pub(crate) back_label: String,
}
