//! The rules of the fund as tables that an official can read beside the regulation
//! (`docs/fund.zh.md`), run here row by row. A fund is brought into its state by real decisions at
//! named instants, written in the words of the tables; nothing here sets a state by hand.

use std::collections::{BTreeMap, BTreeSet};

use green_channel::calendar::Calendar;
use green_channel::case::{Actor, AdvanceStatus, Role};
use green_channel::fund::{
    Account, Advance, CaseFacts, DayUse, FundAction, FundCommand, FundEvent, FundPolicy,
    FundRefusal, FundRules, FundStamped, FundState, Grounds, Ledger, Media, Paid, Proposal,
    ProposalKind, Received, decide_fund,
};
use green_channel::ids::{AdvanceId, ProposalId, Pseudonym, TenantId};
use green_channel::money::Fen;
use green_channel::time::{Date, Timestamp};

const TABLE: &str = include_str!("../../docs/fund.zh.md");
/// The table may not lose any unnoticed.
const ROWS: usize = 410;
/// The section that says which role may do what; its rows have other columns.
const MATRIX: &str = "## 九";
/// Its columns after the action; all other roles share the last one.
const COLUMNS: [&str; 6] = ["受理员", "主管", "负责人", "出纳", "系统", "审计员"];

/// 称呼 — 岗位 — 是哪一个人。
const PEOPLE: [(&str, Role, u8); 12] = [
    ("受理员", Role::Clerk, 1),
    ("另一受理员", Role::Clerk, 2),
    ("主管", Role::Supervisor, 3),
    ("另一主管", Role::Supervisor, 6),
    ("负责人", Role::Manager, 4),
    ("另一负责人", Role::Manager, 7),
    ("出纳", Role::Cashier, 5),
    ("系统", Role::System, 99),
    ("审计员", Role::Auditor, 8),
    ("兼任出纳的受理员", Role::Cashier, 1),
    ("兼任出纳的主管", Role::Cashier, 3),
    ("兼任负责人的出纳", Role::Manager, 5),
];

fn actor(name: &str) -> Actor {
    let found = PEOPLE.iter().find(|(known, _, _)| *known == name);
    let (_, role, who) = found.unwrap_or_else(|| panic!("nobody is called {name}"));
    Actor { role: *role, pseudonym: Pseudonym::new([*who; 16]) }
}

/// An instant in Beijing, written `2026-11-24T10:00`.
fn instant(text: &str) -> Timestamp {
    format!("{text}:00+08:00").parse().expect("an instant")
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// An amount as the table writes it: yuan with two decimals.
fn yuan(text: &str) -> Fen {
    let cents = text.rsplit_once('.').map(|(_, cents)| cents.len());
    assert_eq!(cents, Some(2), "{text} has not two decimals");
    Fen::new(text.replace('.', "").parse().expect("an amount"))
}

/// The shop that answers for every case; 2 answers for none, and 8 is in no registry.
fn shop(n: u8) -> TenantId {
    TenantId::from_bytes([n; 16])
}

fn advance(n: u8) -> AdvanceId {
    AdvanceId::from_bytes([n; 16])
}

fn proposal(n: u8) -> ProposalId {
    ProposalId::from_bytes([n; 16])
}

/// 1,000 yuan a case, 1,500 a shop, 2,000 a day, 1,200 a clerk; two people above 500; small up to
/// 50: as the head of the table says.
fn policy() -> FundPolicy {
    let rules = FundRules {
        case_limit_fen: Fen::new(100_000),
        tenant_limit_fen: Fen::new(150_000),
        day_limit_fen: Fen::new(200_000),
        clerk_day_limit_fen: Fen::new(120_000),
        second_approval_above_fen: Fen::new(50_000),
        small_claim_fen: Fen::new(5_000),
        expire_working_days: 5,
        top_up_working_days: 5,
        backdate_days: 31,
        ..FundRules::default()
    };
    FundPolicy { rules, calendar: Calendar::shipped() }
}

/// What somebody does, in the words of the table: `办什么（填写；填写）`.
struct Words<'a> {
    verb: &'a str,
    args: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// Whole words that may be filled in.
    const WHOLE: [&'static str; 13] = [
        "商户甲",
        "商户乙",
        "未登记商户",
        "另笔",
        "另案",
        "第三案",
        "另一事项",
        "未确认事实清楚",
        "未确认证据充分",
        "未确认依据明确",
        "未确认消费者无过错",
        "金额不符",
        "摘要不全",
    ];
    /// Words that something follows.
    const BEGUN: [&'static str; 8] =
        ["日期", "凭证号", "生效", "通道", "原因", "编号", "照片", "分录号"];

    fn parse(what: &'a str) -> Self {
        let Some((verb, rest)) = what.split_once('（') else {
            return Self { verb: what, args: Vec::new() };
        };
        let inner = rest.strip_suffix('）');
        let inner = inner.unwrap_or_else(|| panic!("{what} has no end"));
        let args: Vec<&str> = inner.split('；').collect();
        for arg in &args {
            let is_known = arg.ends_with('元')
                || Self::WHOLE.contains(arg)
                || Self::BEGUN.iter().any(|begun| arg.starts_with(begun));
            assert!(is_known, "{arg} in {what} means nothing");
        }
        Self { verb, args }
    }

    fn has(&self, word: &str) -> bool {
        self.args.contains(&word)
    }

    fn after(&self, begun: &str) -> Option<&'a str> {
        self.args.iter().find_map(|arg| arg.strip_prefix(begun))
    }

    fn fen(&self) -> Fen {
        let found = self.args.iter().find_map(|arg| arg.strip_suffix('元'));
        yuan(found.unwrap_or_else(|| panic!("{} needs an amount", self.verb)))
    }

    fn tenant(&self) -> Option<TenantId> {
        let shops = [("商户甲", 1), ("商户乙", 2), ("未登记商户", 8)];
        shops.into_iter().find(|(name, _)| self.has(name)).map(|(_, n)| shop(n))
    }

    /// The advance it is about: 本笔, another of the same case, that of another case.
    fn advance(&self) -> AdvanceId {
        let others = [("另笔", 2), ("另案", 3), ("第三案", 4)];
        advance(others.into_iter().find(|(name, _)| self.has(name)).map_or(1, |(_, n)| n))
    }

    fn case(&self) -> Pseudonym {
        let others = [("另案", 78), ("第三案", 79)];
        let n = others.into_iter().find(|(name, _)| self.has(name)).map_or(77, |(_, n)| n);
        Pseudonym::new([n; 16])
    }

    fn proposal(&self) -> ProposalId {
        proposal(if self.has("另一事项") { 8 } else { 7 })
    }

    fn grounds(&self) -> Grounds {
        Grounds {
            facts_clear: !self.has("未确认事实清楚"),
            evidence_sufficient: !self.has("未确认证据充分"),
            basis_definite: !self.has("未确认依据明确"),
            consumer_without_fault: !self.has("未确认消费者无过错"),
        }
    }

    /// A picture of this number.
    fn picture(&self) -> FundCommand {
        let n: u32 = self.after("照片").unwrap_or("1").parse().expect("a number");
        FundCommand::AddEvidence { sha256: format!("{n:064x}"), media: Media::Jpeg, bytes: 1000 }
    }
}

/// One thing that happens on the way.
#[derive(Clone, Copy)]
enum Prep {
    /// 到了这个时刻
    At(&'static str),
    /// 某人办了某事
    Do(&'static str, &'static str),
    /// 本笔到了这个状态
    To(&'static str),
}

/// How a fund and its advance began, and what happened to them.
struct Circumstance {
    name: &'static str,
    begins: &'static str,
    /// 和解约定的金额
    settled: Option<&'static str>,
    /// 投入的资金
    pool: &'static str,
    /// 本笔由谁、怎样申请
    asks: (&'static str, &'static str),
    /// 实付的金额，全额则不写
    pays: Option<&'static str>,
    /// 到达该状态之前
    before: &'static [Prep],
    /// 到达该状态之后
    after: &'static [Prep],
}

const PLAIN: Circumstance = Circumstance {
    name: "—",
    begins: "2026-11-24T10:00",
    settled: Some("3000.00"),
    pool: "5000.00",
    asks: (CLERK, "申请先行赔付（300.00元）"),
    pays: None,
    before: &[],
    after: &[],
};

const fn before(name: &'static str, before: &'static [Prep]) -> Circumstance {
    Circumstance { name, before, ..PLAIN }
}

const fn after(name: &'static str, after: &'static [Prep]) -> Circumstance {
    Circumstance { name, after, ..PLAIN }
}

/// Somebody else asks, or for another amount.
const fn asked(
    name: &'static str,
    who: &'static str,
    what: &'static str,
    after: &'static [Prep],
) -> Circumstance {
    Circumstance { name, asks: (who, what), after, ..PLAIN }
}

/// Another advance was asked for first.
const fn second(
    name: &'static str,
    what: &'static str,
    before: &'static [Prep],
    after: &'static [Prep],
) -> Circumstance {
    Circumstance { name, asks: (CLERK, what), before, after, ..PLAIN }
}

/// 商户甲先付800.00元
const fn of_shop(
    name: &'static str,
    before: &'static [Prep],
    after: &'static [Prep],
) -> Circumstance {
    let asks = (CLERK, "申请先行赔付（800.00元；商户甲）");
    Circumstance { name, asks, before, after, ..PLAIN }
}

const CLERK: &str = "受理员";
const SUPERVISOR: &str = "主管";
const MANAGER: &str = "负责人";
const CASHIER: &str = "出纳";
const SYSTEM: &str = "系统";
const AGREE: Prep = Prep::Do(MANAGER, "同意并入账");
const FIRST: Prep = Prep::Do(SUPERVISOR, "审核通过");
const DEPOSIT: Prep = Prep::Do(CASHIER, "登记缴存保证金（300.00元；商户甲；凭证号A-1）");
const PAID_BACK: Prep = Prep::Do(CASHIER, "登记商户缴还（200.00元）");
const TEXT: Prep = Prep::Do(MANAGER, "公布保证金协议办法（生效2026-11-24）");
const OVERDUE: Prep = Prep::At("2026-12-02T00:00");
const LAST_DAY: Prep = Prep::At("2026-12-01T23:59");
const OTHER_300: Prep = Prep::Do(CLERK, "申请先行赔付（300.00元；另笔）");
const OTHER_600: Prep = Prep::Do(CLERK, "申请先行赔付（600.00元；另笔）");
const OTHER_FIRST: Prep = Prep::Do(SUPERVISOR, "审核通过（另笔）");
const OTHER_SUBMIT: Prep = Prep::Do(CASHIER, "提交付款（另笔）");
const CASE_1000: Prep = Prep::Do(CLERK, "申请先行赔付（1000.00元；另案）");
const THIRD_500: Prep = Prep::Do(SUPERVISOR, "申请先行赔付（500.00元；第三案）");
const SHOP_1000: Prep = Prep::Do(CLERK, "申请先行赔付（1000.00元；另案；商户甲）");
const CASE_FIRST: Prep = Prep::Do(SUPERVISOR, "审核通过（另案）");
const CASE_SECOND: Prep = Prep::Do(MANAGER, "审核通过（另案）");
const CASE_SUBMIT: Prep = Prep::Do(CASHIER, "提交付款（另案）");
const SHOP_PAID: Prep = Prep::Do(CASHIER, "确认已付（1000.00元；另案）");
const RETURN: Prep = Prep::Do(CASHIER, "提出退还保证金（300.00元；商户甲）");
const WRITE_OFF: Prep = Prep::Do(CASHIER, "提出核销（500.00元）");
const BOUNCE: Prep = Prep::Do(CASHIER, "登记退汇（800.00元）");
const PICTURES: [Prep; 10] = [
    Prep::Do(CASHIER, "添加凭证照片（照片1）"),
    Prep::Do(CASHIER, "添加凭证照片（照片2）"),
    Prep::Do(CASHIER, "添加凭证照片（照片3）"),
    Prep::Do(CASHIER, "添加凭证照片（照片4）"),
    Prep::Do(CASHIER, "添加凭证照片（照片5）"),
    Prep::Do(CASHIER, "添加凭证照片（照片6）"),
    Prep::Do(CASHIER, "添加凭证照片（照片7）"),
    Prep::Do(CASHIER, "添加凭证照片（照片8）"),
    Prep::Do(CASHIER, "添加凭证照片（照片9）"),
    Prep::Do(CASHIER, "添加凭证照片（照片10）"),
];

/// 情形 — 到达该状态之前办过什么 — 到达该状态之后又发生什么。
const CIRCUMSTANCES: &[Circumstance] = &[
    PLAIN,
    // 资金
    Circumstance { name: "资金为零", pool: "0.00", ..PLAIN },
    Circumstance { name: "资金300.00元", pool: "300.00", ..PLAIN },
    Circumstance { name: "资金299.99元", pool: "299.99", ..PLAIN },
    before("凭证号A-1已登记投入", &[Prep::Do(CASHIER, "登记投入（200.00元；凭证号A-1）")]),
    before("商户甲已缴存300.00元", &[DEPOSIT]),
    before("办法第1版已公布", &[TEXT]),
    before("办法第1版次日生效", &[Prep::Do(MANAGER, "公布保证金协议办法（生效2026-11-25）")]),
    after("前一日已日终核对", &[Prep::Do(SYSTEM, "日终核对（日期2026-11-23）")]),
    after("次日零时", &[Prep::At("2026-11-25T00:00")]),
    after("对账100.00元，凭证号Z-1", &[Prep::Do(CASHIER, "银行对账（100.00元；凭证号Z-1）")]),
    // 申请
    Circumstance { name: "尚未和解", settled: None, ..PLAIN },
    Circumstance { name: "和解700.00元", settled: Some("700.00"), ..PLAIN },
    Circumstance {
        name: "和解700.00元，同案已申请300.00元",
        settled: Some("700.00"),
        before: &[OTHER_300],
        ..PLAIN
    },
    before("同案已申请600.00元", &[OTHER_600]),
    before("同案已撤回600.00元", &[OTHER_600, Prep::Do(CLERK, "撤回先付（另笔）")]),
    before(
        "同案申请600.00元，实付400.00元",
        &[
            OTHER_600,
            OTHER_FIRST,
            Prep::Do(MANAGER, "审核通过（另笔）"),
            OTHER_SUBMIT,
            Prep::Do(CASHIER, "确认已付（400.00元；另笔）"),
        ],
    ),
    before(
        "同案小额已赔30.00元",
        &[
            Prep::Do(CLERK, "申请先行赔付（30.00元；另笔）"),
            OTHER_SUBMIT,
            Prep::Do(CASHIER, "确认已付（30.00元；另笔）"),
        ],
    ),
    before(
        "另案小额已赔50.00元",
        &[
            Prep::Do(CLERK, "申请先行赔付（50.00元；另案）"),
            CASE_SUBMIT,
            Prep::Do(CASHIER, "确认已付（50.00元；另案）"),
        ],
    ),
    before("商户甲另案1000.00元待审核", &[SHOP_1000]),
    before(
        "商户甲另案已欠1000.00元",
        &[SHOP_1000, CASE_FIRST, CASE_SECOND, CASE_SUBMIT, SHOP_PAID],
    ),
    before(
        "商户甲另案欠1000.00元，已缴还400.00元",
        &[
            SHOP_1000,
            CASE_FIRST,
            CASE_SECOND,
            CASE_SUBMIT,
            SHOP_PAID,
            Prep::Do(CASHIER, "登记商户缴还（400.00元；另案）"),
        ],
    ),
    before("另案已申请1000.00元", &[CASE_1000]),
    before("另案及第三案共申请1500.00元", &[CASE_1000, THIRD_500]),
    Circumstance {
        name: "前一日共申请1500.00元",
        begins: "2026-11-23T10:00",
        before: &[CASE_1000, THIRD_500, Prep::At("2026-11-24T10:00")],
        ..PLAIN
    },
    // 审核
    asked("主管申请300.00元", SUPERVISOR, "申请先行赔付（300.00元）", &[]),
    asked("负责人申请300.00元", MANAGER, "申请先行赔付（300.00元）", &[]),
    asked("申请500.00元", CLERK, "申请先行赔付（500.00元）", &[]),
    asked("申请500.01元", CLERK, "申请先行赔付（500.01元）", &[]),
    asked("申请500.01元，主管已通过", CLERK, "申请先行赔付（500.01元）", &[FIRST]),
    asked(
        "申请500.01元，负责人已通过",
        CLERK,
        "申请先行赔付（500.01元）",
        &[Prep::Do(MANAGER, "审核通过")],
    ),
    asked("负责人申请500.01元，主管已通过", MANAGER, "申请先行赔付（500.01元）", &[FIRST]),
    second(
        "同案另笔300.00元已批准，本笔200.00元",
        "申请先行赔付（200.00元）",
        &[OTHER_300, OTHER_FIRST],
        &[],
    ),
    second(
        "同案另笔300.00元已批准，本笔200.01元",
        "申请先行赔付（200.01元）",
        &[OTHER_300, OTHER_FIRST],
        &[],
    ),
    second(
        "同案另笔300.00元已批准，本笔200.01元，主管已通过",
        "申请先行赔付（200.01元）",
        &[OTHER_300, OTHER_FIRST],
        &[FIRST],
    ),
    second(
        "同案另笔400.00元待审核，本笔300.00元",
        "申请先行赔付（300.00元）",
        &[Prep::Do(CLERK, "申请先行赔付（400.00元；另笔）")],
        &[],
    ),
    second(
        "同案另笔300.00元已撤回，本笔500.00元",
        "申请先行赔付（500.00元）",
        &[OTHER_300, Prep::Do(CLERK, "撤回先付（另笔）")],
        &[],
    ),
    second(
        "另案500.00元已批准，本笔500.00元",
        "申请先行赔付（500.00元）",
        &[Prep::Do(CLERK, "申请先行赔付（500.00元；另案）"), CASE_FIRST],
        &[],
    ),
    Circumstance {
        name: "资金500.00元，申请500.01元",
        pool: "500.00",
        asks: (CLERK, "申请先行赔付（500.01元）"),
        ..PLAIN
    },
    Circumstance {
        name: "资金500.00元，申请500.01元，主管已通过",
        pool: "500.00",
        asks: (CLERK, "申请先行赔付（500.01元）"),
        after: &[FIRST],
        ..PLAIN
    },
    // 付款
    asked("小额50.00元", CLERK, "申请先行赔付（50.00元）", &[]),
    after("付款期限末日", &[LAST_DAY]),
    after("付款期限已过", &[OVERDUE]),
    Circumstance {
        name: "国庆前一日批准，付款期限末日",
        begins: "2026-09-30T10:00",
        after: &[Prep::At("2026-10-13T23:59")],
        ..PLAIN
    },
    Circumstance {
        name: "国庆前一日批准，付款期限已过",
        begins: "2026-09-30T10:00",
        after: &[Prep::At("2026-10-14T00:00")],
        ..PLAIN
    },
    Circumstance { name: "批准日期早于日历", begins: "2003-12-30T10:00", ..PLAIN },
    after("六十日后", &[Prep::At("2027-01-23T10:00")]),
    after("已签收", &[Prep::Do(CLERK, "登记消费者签收")]),
    after("照片已添加", &[Prep::Do(CASHIER, "添加凭证照片")]),
    after("照片已有十张", &PICTURES),
    // 退汇与追偿
    of_shop("商户甲先付800.00元，未缴存", &[], &[]),
    of_shop("商户甲先付800.00元，缴存300.00元", &[DEPOSIT], &[]),
    of_shop(
        "商户甲先付800.00元，缴存900.00元",
        &[Prep::Do(CASHIER, "登记缴存保证金（900.00元；商户甲；凭证号A-1）")],
        &[],
    ),
    of_shop("商户甲先付800.00元，缴存300.00元，缴还200.00元", &[DEPOSIT], &[PAID_BACK]),
    of_shop(
        "商户甲先付800.00元，缴存300.00元，缴还200.00元，核销300.00元",
        &[DEPOSIT],
        &[PAID_BACK, Prep::Do(CASHIER, "提出核销（300.00元）"), AGREE],
    ),
    Circumstance {
        name: "商户甲先付800.00元，实付500.00元",
        pays: Some("500.00"),
        ..of_shop("", &[], &[])
    },
    of_shop("商户甲先付800.00元，已退汇", &[Prep::To("已付款"), BOUNCE], &[]),
    Circumstance {
        name: "国庆前一日，商户甲先付800.00元",
        begins: "2026-09-30T10:00",
        ..of_shop("", &[], &[])
    },
    of_shop("补足期限末日", &[DEPOSIT], &[LAST_DAY]),
    of_shop("补足期限已过", &[DEPOSIT], &[OVERDUE]),
    of_shop("补足期限已过，已记录", &[DEPOSIT], &[OVERDUE, Prep::Do(SYSTEM, "记录逾期未补足")]),
    of_shop(
        "补足期限已过，此前已缴清",
        &[DEPOSIT],
        &[Prep::Do(CASHIER, "登记商户缴还（500.00元）"), OVERDUE],
    ),
    of_shop(
        "扣划后又缴存100.00元",
        &[DEPOSIT],
        &[Prep::Do(CASHIER, "登记缴存保证金（100.00元；商户甲）")],
    ),
    of_shop(
        "扣划后又缴存600.00元",
        &[DEPOSIT],
        &[Prep::Do(CASHIER, "登记缴存保证金（600.00元；商户甲）")],
    ),
    // 双人事项
    before("提取100.00元", &[Prep::Do(CASHIER, "提出提取（100.00元）")]),
    before(
        "提取5000.00元，其后批准先付300.00元",
        &[Prep::Do(CASHIER, "提出提取（5000.00元）"), Prep::To("已批准待付款")],
    ),
    before("退还商户甲300.00元", &[DEPOSIT, RETURN]),
    before("退还商户甲300.00元，办法第1版已公布", &[TEXT, DEPOSIT, RETURN]),
    second(
        "退还商户甲300.00元，其后申请先付",
        "申请先行赔付（300.00元；商户甲）",
        &[DEPOSIT, RETURN, Prep::To("待审核")],
        &[],
    ),
    of_shop("核销500.00元", &[DEPOSIT, Prep::To("已付款"), WRITE_OFF], &[]),
    of_shop(
        "核销500.00元，其后缴还0.01元",
        &[DEPOSIT, Prep::To("已付款"), WRITE_OFF, Prep::Do(CASHIER, "登记商户缴还（0.01元）")],
        &[],
    ),
    of_shop("核销500.00元，其后退汇", &[DEPOSIT, Prep::To("已付款"), WRITE_OFF, BOUNCE], &[]),
    before("冲正投入5000.00元", &[Prep::Do(CASHIER, "提出冲正（分录号1）")]),
    before(
        "冲正凭证号A-1的投入200.00元",
        &[
            Prep::Do(CASHIER, "登记投入（200.00元；凭证号A-1）"),
            Prep::Do(CASHIER, "提出冲正（分录号2）"),
        ],
    ),
    before("冲正缴存300.00元", &[DEPOSIT, Prep::Do(CASHIER, "提出冲正（分录号2）")]),
];

/// A fund, what was done to it, and the time.
#[derive(Clone)]
struct World {
    policy: FundPolicy,
    ledger: Ledger,
    advances: BTreeMap<AdvanceId, Advance>,
    proposals: BTreeMap<ProposalId, Proposal>,
    entries: Vec<FundEvent>,
    reversed: BTreeSet<u64>,
    slips: BTreeSet<(&'static str, String)>,
    days: BTreeMap<Date, DayUse>,
    /// From which day on each version of the agreement is in force.
    texts: Vec<Date>,
    closed_on: Option<Date>,
    settled: Option<Fen>,
    now: Timestamp,
}

/// A fund as a row finds it.
fn prepared(state: &str, circumstance: &str) -> Result<World, String> {
    let found = CIRCUMSTANCES.iter().find(|known| known.name == circumstance);
    let of = found.ok_or_else(|| format!("no circumstance is called {circumstance}"))?;
    let mut world = World::begun(of)?;
    world.follow(of, of.before)?;
    world.bring(of, state)?;
    world.follow(of, of.after)?;
    if world.is_in(state) { Ok(world) } else { Err(format!("it does not come to be {state}")) }
}

/// How a fund comes into its state.
impl World {
    fn begun(of: &Circumstance) -> Result<Self, String> {
        let mut world = Self {
            policy: policy(),
            ledger: Ledger::default(),
            advances: BTreeMap::new(),
            proposals: BTreeMap::new(),
            entries: Vec::new(),
            reversed: BTreeSet::new(),
            slips: BTreeSet::new(),
            days: BTreeMap::new(),
            texts: Vec::new(),
            closed_on: None,
            settled: of.settled.map(yuan),
            now: instant(of.begins),
        };
        if yuan(of.pool) > Fen::ZERO {
            world.does(CASHIER, &format!("登记投入（{}元）", of.pool))?;
        }
        Ok(world)
    }

    fn follow(&mut self, of: &Circumstance, steps: &[Prep]) -> Result<(), String> {
        for step in steps {
            match *step {
                Prep::At(time) => self.now = instant(time),
                Prep::Do(who, what) => self.does(who, what)?,
                Prep::To(state) => self.bring(of, state)?,
            }
        }
        Ok(())
    }

    /// Brings 本笔, or the proposal, into this state by the shortest way.
    fn bring(&mut self, of: &Circumstance, state: &str) -> Result<(), String> {
        if self.is_in(state) {
            return Ok(());
        }
        let (earlier, who, what) = match state {
            "待审核" => return self.does(of.asks.0, of.asks.1),
            "已批准待付款" => return self.approve(of),
            "审核未通过" => ("待审核", SUPERVISOR, "审核不通过"),
            "已撤回" => ("待审核", CLERK, "撤回先付"),
            "逾期未付已释放" => {
                self.bring(of, "已批准待付款")?;
                self.now = instant("2026-12-02T00:00");
                ("已批准待付款", SYSTEM, "逾期释放")
            }
            "付款中" => ("已批准待付款", CASHIER, "提交付款"),
            "付款结果待核实" => ("付款中", SYSTEM, "结果不明"),
            "付款未成" => ("付款中", CASHIER, "确认未付"),
            "已付款" => {
                self.bring(of, "付款中")?;
                let all = self.advances[&advance(1)].fen.to_yuan();
                let paid = of.pays.unwrap_or(&all);
                return self.does(CASHIER, &format!("确认已付（{paid}元）"));
            }
            "已同意" => ("待同意", MANAGER, "同意并入账"),
            "未同意" => ("待同意", MANAGER, "不同意"),
            other => return Err(format!("nothing leads to {other}")),
        };
        self.bring(of, earlier)?;
        self.does(who, what)
    }

    /// By one or two; a small claim by the rule.
    fn approve(&mut self, of: &Circumstance) -> Result<(), String> {
        self.bring(of, "待审核")?;
        for who in [SUPERVISOR, MANAGER] {
            if self.is_in("待审核") {
                self.does(who, "审核通过")?;
            }
        }
        Ok(())
    }

    fn is_in(&self, state: &str) -> bool {
        let proposed = self.proposals.get(&proposal(7)).map(|one| one.agreed);
        let ours = self.advances.get(&advance(1));
        match state {
            "资金" => true,
            "尚未申请" => ours.is_none(),
            "待同意" => proposed == Some(None),
            "已同意" => proposed == Some(Some(true)),
            "未同意" => proposed == Some(Some(false)),
            _ => ours.is_some_and(|one| one.status.label_zh() == state),
        }
    }

    fn does(&mut self, who: &str, what: &str) -> Result<(), String> {
        let (command, events) = self
            .attempt(&actor(who), what)
            .map_err(|refusal| format!("{who} {what}: {refusal}"))?;
        self.take(&actor(who), &command, events);
        Ok(())
    }
}

/// What somebody wants, as a command.
impl World {
    fn slip(&self, words: &Words<'_>) -> Received {
        let effective_on = words.after("日期").map_or_else(|| self.now.civil_date(), day);
        let reference = match words.after("凭证号") {
            None => format!("B-{}", self.entries.len()),
            Some("空白") => " ".to_owned(),
            Some(number) => number.to_owned(),
        };
        Received { fen: words.fen(), effective_on, reference }
    }

    /// The n-th entry; people count from one.
    fn entry(&self, n: u64) -> Option<&FundEvent> {
        usize::try_from(n).ok().and_then(|n| self.entries.get(n))
    }

    fn proposed(&self, words: &Words<'_>) -> Option<ProposalKind> {
        Some(match words.verb {
            "提出核销" => ProposalKind::WriteOff { advance: words.advance(), fen: words.fen() },
            "提出退还保证金" => {
                let tenant = words.tenant().expect("a deposit is a shop's");
                ProposalKind::ReturnDeposit { tenant, fen: words.fen() }
            }
            "提出提取" => ProposalKind::ReturnPool { fen: words.fen() },
            "提出冲正" => {
                let place = words.after("分录号").expect("an entry has a number");
                let place: u64 = place.parse().expect("a number");
                let n = place.checked_sub(1).expect("the first is number 1");
                let mut moves = self.entry(n).map(FundEvent::moves).unwrap_or_default();
                if words.has("金额不符") {
                    moves.iter_mut().for_each(|one| one.fen = Fen::new(1));
                }
                ProposalKind::Reverse { n, moves }
            }
            _ => return None,
        })
    }

    fn command(&self, words: &Words<'_>) -> FundCommand {
        if let Some(kind) = self.proposed(words) {
            return FundCommand::Propose { proposal: words.proposal(), kind };
        }
        let date = |begun: &str| words.after(begun).map_or_else(|| self.now.civil_date(), day);
        let word = |begun: &str, plain: &str| words.after(begun).unwrap_or(plain).to_owned();
        match words.verb {
            "登记投入" => FundCommand::Contribute(self.slip(words)),
            "登记缴存保证金" => FundCommand::ReceiveDeposit {
                tenant: words.tenant().expect("a deposit is a shop's"),
                received: self.slip(words),
            },
            "申请先行赔付" => FundCommand::Request {
                advance: words.advance(),
                case: words.case(),
                tenant: words.tenant(),
                fen: words.fen(),
                grounds: words.grounds(),
            },
            "审核通过" => FundCommand::Approve,
            "审核不通过" => FundCommand::Decline,
            "撤回先付" => FundCommand::Cancel,
            "逾期释放" => FundCommand::Expire,
            "提交付款" => FundCommand::Submit { provider: word("通道", "manual") },
            "确认已付" => {
                let Received { fen, effective_on, reference } = self.slip(words);
                FundCommand::ConfirmPaid(Paid { fen, effective_on, reference })
            }
            "确认未付" => {
                FundCommand::ConfirmRefused { cause: word("原因", "account_closed") }
            }
            "结果不明" => FundCommand::LoseTrack,
            "登记消费者签收" => FundCommand::Sign { paper_no: word("编号", "SK-2026-01") },
            "添加凭证照片" => words.picture(),
            "登记退汇" => FundCommand::Bounce(self.slip(words)),
            "扣划保证金" => FundCommand::Draw,
            "登记商户缴还" => FundCommand::ReceiveRecourse(self.slip(words)),
            "记录逾期未补足" => FundCommand::NoteTopUpOverdue,
            "银行对账" => FundCommand::Clear { received: self.slip(words) },
            "同意并入账" => FundCommand::ApproveProposal { effective_on: date("日期") },
            "不同意" => FundCommand::DeclineProposal,
            "公布保证金协议办法" => {
                let digest = "0".repeat(if words.has("摘要不全") { 63 } else { 64 });
                FundCommand::Adopt { digest, effective_from: date("生效") }
            }
            "日终核对" => FundCommand::Assert { on: date("日期") },
            other => panic!("nothing is called {other}"),
        }
    }
}

/// What is decided, and on what.
impl World {
    /// What was paid or may still be paid for a case.
    fn spent(&self, case: Pseudonym) -> Fen {
        let of_case = self.advances.values().filter(|one| one.case == case);
        let sums = of_case.map(|one| match one.status {
            AdvanceStatus::Paid => one.paid_fen,
            status if status.is_pending() => one.fen,
            _ => Fen::ZERO,
        });
        Fen::checked_sum(sums).expect("little money")
    }

    /// What is out or on its way for a shop.
    fn open(&self, tenant: TenantId) -> Fen {
        let of_shop = self.advances.values().filter(|one| one.tenant == Some(tenant));
        let pending = of_shop.filter(|one| one.status.is_pending()).map(|one| one.fen);
        let owed = self.ledger.balance(Account::Receivable(tenant));
        Fen::checked_sum(pending.chain([owed])).expect("little money")
    }

    fn state(&self, command: &FundCommand, words: &Words<'_>) -> FundState {
        let proposal = self.proposals.get(&words.proposal()).cloned();
        let kind = match command {
            FundCommand::Propose { kind, .. } => Some(kind),
            FundCommand::ApproveProposal { .. } => proposal.as_ref().map(|one| &one.kind),
            _ => None,
        };
        let id = match kind {
            Some(ProposalKind::WriteOff { advance, .. }) => *advance,
            _ => words.advance(),
        };
        let tenant = match (kind, command) {
            (Some(ProposalKind::ReturnDeposit { tenant, .. }), _)
            | (_, FundCommand::ReceiveDeposit { tenant, .. }) => Some(*tenant),
            (_, FundCommand::Request { tenant, .. }) => *tenant,
            _ => None,
        };
        let to_reverse = match kind {
            Some(ProposalKind::Reverse { n, .. }) if !self.reversed.contains(n) => {
                self.entry(*n).map(FundEvent::moves)
            }
            _ => None,
        };
        let (today, case) = (self.now.civil_date(), words.case());
        let in_force = self.texts.iter().rposition(|from| *from <= today);
        let slip = command.slip().map(|(way, slip)| (way, slip.to_owned()));
        FundState {
            ledger: self.ledger.clone(),
            advance: self.advances.get(&id).cloned(),
            case: Some(CaseFacts {
                stream: case,
                settled_fen: self.settled,
                advanced_fen: self.spent(case),
                first_responder: Some(actor(CLERK).pseudonym),
                tenant: Some(shop(1)),
            }),
            tenant_is_there: tenant.is_some_and(|id| id != shop(8)),
            tenant_open_fen: tenant.map(|id| self.open(id)),
            day: self.days.get(&today).cloned().unwrap_or_default(),
            slip_is_booked: slip.is_some_and(|slip| self.slips.contains(&slip)),
            agreement: in_force.map(|at| u32::try_from(at + 1).expect("few")),
            agreements: u32::try_from(self.texts.len()).expect("few"),
            closed_on: self.closed_on,
            proposal,
            to_reverse,
        }
    }

    fn attempt(
        &self,
        who: &Actor,
        what: &str,
    ) -> Result<(FundCommand, Vec<FundEvent>), FundRefusal> {
        let words = Words::parse(what);
        let command = self.command(&words);
        let state = self.state(&command, &words);
        let events = decide_fund(&state, &command, who, &self.policy, self.now)?;
        Ok((command, events))
    }
}

/// What it leads to.
impl World {
    fn take(&mut self, who: &Actor, command: &FundCommand, events: Vec<FundEvent>) {
        if let Some((way, slip)) = command.slip() {
            self.slips.insert((way, slip.to_owned()));
        }
        for event in events {
            let stamped = FundStamped { at: self.now, actor: *who, event };
            let posted = self.ledger.clone().post(&stamped.event.moves());
            self.ledger = posted.expect("it was tried");
            self.fold(&stamped);
            self.note(&stamped);
            self.entries.push(stamped.event);
        }
        assert_eq!(self.ledger.difference(), 0);
    }

    fn fold(&mut self, stamped: &FundStamped) {
        let Some(id) = stamped.event.advance() else { return };
        let folded = match self.advances.remove(&id) {
            None => Advance::begin(stamped),
            Some(before) => before.apply(stamped),
        };
        self.advances.insert(id, folded.expect("what is decided can be applied"));
    }

    fn note(&mut self, stamped: &FundStamped) {
        let who = stamped.actor.pseudonym;
        match &stamped.event {
            FundEvent::AdvanceRequested { fen, .. } => {
                let today = stamped.at.civil_date();
                let used = self.days.remove(&today).unwrap_or_default();
                self.days.insert(today, used.with(who, *fen).expect("little money"));
            }
            FundEvent::Proposed { proposal, kind } => {
                let (id, kind, proposed_at) = (*proposal, kind.clone(), stamped.at);
                let made = Proposal { id, kind, proposed_by: who, proposed_at, agreed: None };
                self.proposals.insert(id, made);
            }
            FundEvent::PoolReturned { proposal, .. }
            | FundEvent::DepositReturned { proposal, .. }
            | FundEvent::WrittenOff { proposal, .. } => self.conclude(*proposal, true),
            FundEvent::Reversed { n, proposal, .. } => {
                self.reversed.insert(*n);
                self.conclude(*proposal, true);
            }
            FundEvent::ProposalDeclined { proposal } => self.conclude(*proposal, false),
            FundEvent::AgreementAdopted { effective_from, .. } => self.texts.push(*effective_from),
            FundEvent::Asserted { on, .. } => self.closed_on = self.closed_on.max(Some(*on)),
            _ => {}
        }
    }

    fn conclude(&mut self, id: ProposalId, agreed: bool) {
        self.proposals.get_mut(&id).expect("it was made").agreed = Some(agreed);
    }

    /// What comes of it, in the words of the table; and it can be booked and applied.
    fn outcome(&self, who: &str, what: &str) -> String {
        match self.attempt(&actor(who), what) {
            Ok((command, events)) => {
                let told: Vec<String> = events.iter().map(happened).collect();
                self.clone().take(&actor(who), &command, events);
                told.join("；")
            }
            Err(refusal) => format!("不可：{} `{}`", refusal.message_zh(), code(&refusal)),
        }
    }
}

/// The code of a refusal, with the field at fault where it is one.
fn code(refusal: &FundRefusal) -> String {
    match (refusal.code(), refusal.field()) {
        ("field_invalid", Some(field)) => format!("field_invalid:{field}"),
        (code, _) => code.to_owned(),
    }
}

/// An event: what it is called, its postings, and the day or version that matters.
fn happened(event: &FundEvent) -> String {
    let moves = event.moves();
    let mut parts: Vec<String> = moves
        .iter()
        .map(|one| {
            let (debit, credit) = (one.debit.label_zh(), one.credit.label_zh());
            format!("借 {debit} 贷 {credit} {}元", one.fen.to_yuan())
        })
        .collect();
    match event {
        FundEvent::TopUpDemanded { fen, due_on, .. } => {
            parts.push(format!("{}元，至{due_on}", fen.to_yuan()));
        }
        FundEvent::DepositReceived { agreement: Some(version), .. }
        | FundEvent::DepositReturned { agreement: Some(version), .. } => {
            parts.push(format!("适用办法第{version}版"));
        }
        FundEvent::AgreementAdopted { version, effective_from, .. } => {
            parts.push(format!("第{version}版，自{effective_from}起"));
        }
        FundEvent::Asserted { on, balances } => {
            parts.push(on.to_string());
            let told = |(account, fen): &(Account, Fen)| {
                format!("{} {}元", account.label_zh(), fen.to_yuan())
            };
            parts.extend(balances.iter().map(told));
        }
        _ => {}
    }
    let label = event.label_zh();
    if parts.is_empty() { label.to_owned() } else { format!("{label}（{}）", parts.join("，")) }
}

/// The rows of the tables, with the line each stands on; those of the last section, or all others.
fn cells(of_matrix: bool) -> Vec<(usize, Vec<&'static str>)> {
    let (mut found, mut in_matrix) = (Vec::new(), false);
    for (index, text) in TABLE.lines().enumerate() {
        if text.starts_with("## ") {
            in_matrix = text.starts_with(MATRIX);
        }
        let Some(inner) = text.strip_prefix("| ") else { continue };
        let inner = inner.strip_suffix(" |").expect("a row ends with a bar");
        let cells: Vec<&str> = inner.split(" | ").collect();
        let is_head = ["先付（或资金）状态", "办什么", "---"].contains(&cells[0]);
        if in_matrix == of_matrix && !is_head {
            found.push((index + 1, cells));
        }
    }
    found
}

struct Row {
    line: usize,
    state: &'static str,
    who: &'static str,
    what: &'static str,
    circumstance: &'static str,
    expected: &'static str,
}

fn rows() -> Vec<Row> {
    let read = |(line, cells): (usize, Vec<&'static str>)| {
        let [state, who, what, circumstance, expected] = cells[..] else {
            panic!("line {line} has other than five cells");
        };
        Row { line, state, who, what, circumstance, expected }
    };
    cells(false).into_iter().map(read).collect()
}

#[test]
fn every_row_of_the_table_is_what_the_fund_does() {
    let mut wrong = Vec::new();
    for row in rows() {
        let found = match prepared(row.state, row.circumstance) {
            Ok(world) => world.outcome(row.who, row.what),
            Err(why) => format!("cannot be prepared: {why}"),
        };
        if found != row.expected {
            wrong.push(format!("docs/fund.zh.md:{}: {} but {found}", row.line, row.expected));
        }
    }
    assert!(wrong.is_empty(), "{} rows are wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_row_stands_twice_and_none_is_lost() {
    let rows = rows();
    assert!(rows.len() >= ROWS, "the table has only {} rows", rows.len());
    let mut seen = BTreeSet::new();
    for row in &rows {
        let key = (row.state, row.who, row.what, row.circumstance);
        assert!(seen.insert(key), "line {} stands twice", row.line);
    }
    let used: BTreeSet<&str> = rows.iter().map(|row| row.circumstance).collect();
    let mut names = BTreeSet::new();
    for known in CIRCUMSTANCES {
        assert!(used.contains(known.name), "no row uses {}", known.name);
        assert!(names.insert(known.name), "{} stands twice", known.name);
    }
}

#[test]
fn who_may_do_what_is_the_last_table() {
    let rows = cells(true);
    let named: Vec<&str> = rows.iter().map(|(_, cells)| cells[0]).collect();
    assert_eq!(named, FundAction::ALL.map(FundAction::label_zh));
    let world = prepared("资金", "—").expect("the plain fund");
    let mut wrong = Vec::new();
    for ((line, cells), action) in rows.iter().zip(FundAction::ALL) {
        assert_eq!(cells.len(), COLUMNS.len() + 2, "docs/fund.zh.md:{line}");
        let what = match action {
            FundAction::Propose => "提出提取（1.00元）".to_owned(),
            _ => format!("{}（1.00元；商户甲）", action.label_zh()),
        };
        assert_eq!(world.command(&Words::parse(&what)).action(), action);
        for role in Role::ALL {
            let column = COLUMNS.iter().position(|name| *name == role.label_zh());
            let expected = cells[column.unwrap_or(COLUMNS.len()) + 1];
            let who = Actor { role, pseudonym: Pseudonym::new([50; 16]) };
            let tried = world.attempt(&who, &what);
            let may = tried.err().is_none_or(|refusal| refusal.code() != "role_not_permitted");
            let found = if may { "可" } else { "不可" };
            if found != expected {
                let role = role.label_zh();
                wrong.push(format!("docs/fund.zh.md:{line}: {role} {expected} but {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words in quotes in one function of a source file: there is no other list, and what is added
/// there must get a row here.
fn quoted(source: &'static str, function: &str) -> BTreeSet<&'static str> {
    let (_, body) = source.split_once(function).expect("the function");
    let (body, _) = body.split_once("\n    }\n").expect("its end");
    body.lines().filter_map(|line| line.split('"').nth(1)).collect()
}

#[test]
fn every_action_event_and_reason_has_a_row() {
    let (mut actions, mut kinds, mut codes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for row in rows() {
        let world = prepared(row.state, row.circumstance);
        let world = world.unwrap_or_else(|why| panic!("line {}: {why}", row.line));
        match world.attempt(&actor(row.who), row.what) {
            Ok((command, events)) => {
                actions.insert(command.action());
                kinds.extend(events.iter().map(FundEvent::kind));
            }
            Err(refusal) => {
                codes.insert(refusal.code());
            }
        }
    }
    assert_eq!(actions, BTreeSet::from(FundAction::ALL), "each is done by somebody");
    let events = include_str!("../src/fund/event.rs");
    assert_eq!(kinds, quoted(events, "pub const fn kind(&self) -> &'static str {"));
    let refusals = include_str!("../src/fund/refusal.rs");
    assert_eq!(codes, quoted(refusals, "pub const fn code(&self) -> &'static str {"));
}
