//! The circumstances of the tables: what was done to a case, when, before the row is tried.

use green_channel::calendar::Calendar;
use green_channel::case::Origin;

use crate::world::{World, code, instant, opened};

/// One thing that happens on the way.
#[derive(Clone, Copy)]
pub(crate) enum Prep {
    /// 到了这个时刻
    At(&'static str),
    /// 某人办了某事
    Do(&'static str, &'static str),
    /// 新日历已装入：2026年12月4日放假
    NewCalendar,
}

/// How a case began and what happened to it.
pub(crate) struct Circumstance {
    pub(crate) name: &'static str,
    pub(crate) origin: Origin,
    pub(crate) rules: &'static str,
    pub(crate) begins: &'static str,
    pub(crate) diverted: Option<&'static str>,
    /// 受理之后、到达该状态之前
    before: &'static [Prep],
    /// 到达该状态之后
    after: &'static [Prep],
}

const PLAIN: Circumstance = Circumstance {
    name: "—",
    origin: Origin::Diverted,
    rules: "odr-2026.2",
    begins: "2026-11-24T10:00",
    diverted: None,
    before: &[],
    after: &[],
};

const fn after(name: &'static str, after: &'static [Prep]) -> Circumstance {
    Circumstance { name, after, ..PLAIN }
}

const fn before(name: &'static str, before: &'static [Prep]) -> Circumstance {
    Circumstance { name, before, ..PLAIN }
}

const fn both(name: &'static str, before: &'static [Prep], after: &'static [Prep]) -> Circumstance {
    Circumstance { name, before, after, ..PLAIN }
}

const CLERK: &str = "受理员";
const CENTER: &str = "12315中心";
const OFFER: Prep = Prep::Do(CLERK, "提出方案（限额内）");
const ANSWER: Prep = Prep::Do(CENTER, "消费者接受");
const COUNTER: Prep = Prep::Do(CENTER, "消费者另提方案");
const BIG_COUNTER: Prep = Prep::Do(CENTER, "消费者另提方案（超限额）");
const URGE: Prep = Prep::Do(CENTER, "催办");
const ORDER: Prep = Prep::Do(CENTER, "督办");
const ASK: Prep = Prep::Do(CLERK, "请消费者补充材料");
const PAUSE: Prep = Prep::Do("主管", "暂停计时");
const REPLY: Prep = Prep::Do(CENTER, "补充材料");
const RESUME: Prep = Prep::Do("主管", "恢复计时");
const DECLINED: Prep = Prep::Do(CENTER, "消费者不接受");
const REACHED: Prep = Prep::Do(CLERK, "登记联系（已联系上）");
const ADVANCE: Prep = Prep::Do("系统", "先行赔付（待审核）");
const ASK_TIME: Prep = Prep::Do(CLERK, "申请延期");
const PROPOSE: Prep = Prep::Do(CLERK, "移交首问责任");
const IN_VAIN: Prep = Prep::Do(CLERK, "登记联系（未联系上）");
const NEXT_DAY: Prep = Prep::At("2026-11-25T10:00");
const TWO_DAYS_LATER: Prep = Prep::At("2026-11-26T10:00");
const SETTLE_OVER: Prep = Prep::At("2026-12-09T00:00");

/// 情形 — 受理之后办过什么 — 到达该状态之后又发生什么。
pub(crate) const CIRCUMSTANCES: &[Circumstance] = &[
    PLAIN,
    // 立案的方式、适用的规则、立案的时间
    Circumstance { name: "现场登记", origin: Origin::DeskReported, ..PLAIN },
    Circumstance { name: "现场登记不报送", origin: Origin::DeskOnly, ..PLAIN },
    Circumstance { name: "旧规则", rules: "odr-2026", ..PLAIN },
    Circumstance { name: "武汉规则", rules: "station-wuhan-2024.2", ..PLAIN },
    Circumstance { name: "沈阳规则", rules: "station-shenyang.2", ..PLAIN },
    Circumstance { name: "北京规则", rules: "beijing-green-channel.2", ..PLAIN },
    Circumstance { name: "国庆前一日", begins: "2026-09-30T10:00", ..PLAIN },
    Circumstance { name: "年末，次年日历未公布", begins: "2026-12-28T10:00", ..PLAIN },
    Circumstance { name: "分流日期早于日历", diverted: Some("2003-12-31T10:00"), ..PLAIN },
    // 移交
    before("移交待接收", &[PROPOSE]),
    before("移交已接收", &[PROPOSE, Prep::Do("另一受理员", "接收首问责任")]),
    // 补充与暂停
    both("已请补充", &[ASK], &[TWO_DAYS_LATER]),
    both("补充已逾期", &[ASK], &[Prep::At("2026-11-28T00:00")]),
    before("补充已请过两次", &[ASK, REPLY, ASK, REPLY]),
    before("暂停过两次", &[PAUSE, RESUME, PAUSE, RESUME]),
    both("暂停期限已过", &[PAUSE], &[Prep::At("2026-12-05T00:00")]),
    both("计时已暂停", &[PAUSE], &[TWO_DAYS_LATER]),
    both("暂停中原期限已过", &[PAUSE], &[SETTLE_OVER]),
    // 延期
    before("延期待答复", &[ASK_TIME]),
    before("已延期一次", &[ASK_TIME, Prep::Do(CENTER, "同意延期")]),
    both("已延期一次，原期限已过", &[ASK_TIME, Prep::Do(CENTER, "同意延期")], &[SETTLE_OVER]),
    before("申请延期后计时暂停", &[ASK_TIME, PAUSE]),
    Circumstance {
        name: "主管已延期一次",
        rules: "station-shenyang.2",
        before: &[Prep::Do("主管", "延长办理期限")],
        ..PLAIN
    },
    // 方案
    before("消费者方案待答复", &[OFFER, COUNTER]),
    before("消费者方案待答复，已督办", &[OFFER, COUNTER, ORDER]),
    before("方案为更换商品", &[Prep::Do(CLERK, "提出方案（更换商品）"), ANSWER]),
    before("消费者方案超限额", &[OFFER, BIG_COUNTER]),
    before("消费者方案超限额待审核", &[OFFER, BIG_COUNTER, Prep::Do(CLERK, "接受消费者方案")]),
    before("主管拟接受消费者方案", &[OFFER, BIG_COUNTER, Prep::Do("主管", "接受消费者方案")]),
    both("消费者方案履行日已过", &[OFFER, COUNTER], &[Prep::At("2026-12-02T00:00")]),
    before("方案仅解释说明", &[Prep::Do(CLERK, "提出方案（仅解释说明）"), ANSWER]),
    after("方案已到期", &[Prep::At("2026-11-28T00:00")]),
    after("先付待审核", &[ADVANCE]),
    after("先付已审核", &[ADVANCE, Prep::Do("系统", "先行赔付（已审核）")]),
    after("先付已付款", &[ADVANCE, Prep::Do("系统", "先行赔付（已付款）")]),
    after("先付未成", &[ADVANCE, Prep::Do("系统", "先行赔付（付款未成）")]),
    before("未按约履行后", &[OFFER, ANSWER, Prep::Do(CLERK, "登记未按约履行")]),
    before(
        "重新办理过",
        &[OFFER, ANSWER, Prep::Do(CLERK, "履行完成并办结"), Prep::Do(CENTER, "重新办理")],
    ),
    // 联系
    before("联系上过", &[REACHED]),
    before("消费者未接受过方案", &[OFFER, DECLINED]),
    before("联系不上后消费者未接受方案", &[IN_VAIN, IN_VAIN, NEXT_DAY, IN_VAIN, OFFER, DECLINED]),
    before("联系不上3次2天", &[IN_VAIN, IN_VAIN, NEXT_DAY, IN_VAIN]),
    before("联系不上3次1天", &[IN_VAIN, IN_VAIN, IN_VAIN]),
    before("联系不上2次2天", &[IN_VAIN, NEXT_DAY, IN_VAIN]),
    before(
        "联系不上后又联系上",
        &[IN_VAIN, IN_VAIN, NEXT_DAY, IN_VAIN, Prep::Do(CLERK, "登记联系（已联系上）")],
    ),
    // 催办、督办
    after("已催办", &[URGE]),
    after("催办已逾期", &[URGE, Prep::At("2026-11-26T00:00")]),
    after("已督办", &[ORDER]),
    after("督办最后一日", &[ORDER, Prep::At("2026-11-26T00:00")]),
    after("督办已逾期", &[ORDER, Prep::At("2026-11-27T00:00")]),
    // 期限
    after("首问期限已过", &[Prep::At("2026-11-26T00:00")]),
    after("和解期限最后一日", &[Prep::At("2026-12-08T00:00")]),
    Circumstance {
        name: "旧规则，方案答复期限已过",
        rules: "odr-2026",
        after: &[Prep::At("2026-11-28T00:00")],
        ..PLAIN
    },
    after("方案答复期限已过", &[Prep::At("2026-11-28T00:00")]),
    after("和解期限已过", &[SETTLE_OVER]),
    after("和解期限已过一日", &[Prep::At("2026-12-10T00:00")]),
    after("和解超期已记录", &[SETTLE_OVER, Prep::Do("系统", "记录超期：协商和解")]),
    after("已提醒主管", &[SETTLE_OVER, Prep::Do("系统", "逐级提醒：协商和解逾期")]),
    Circumstance {
        name: "旧规则，和解期限已过",
        rules: "odr-2026",
        after: &[SETTLE_OVER],
        ..PLAIN
    },
    after("履行期限最后一日", &[Prep::At("2026-12-01T00:00")]),
    after("履行期限已过", &[Prep::At("2026-12-02T00:00")]),
    after("履行期限已过一日", &[Prep::At("2026-12-03T00:00")]),
    after("保存期限届满", &[Prep::At("2029-11-25T00:00")]),
    after("新日历", &[Prep::NewCalendar]),
    // 场内商户
    before("指定商户（写明）", &[Prep::Do(CLERK, "指定商户（写明）")]),
    before("指定商户（未写明）", &[Prep::Do(CLERK, "指定商户（未写明）")]),
];

/// The shortest path into a state: who did what.
fn path(state: &str) -> &'static [(&'static str, &'static str)] {
    const ACCEPT: (&str, &str) = (CLERK, "受理");
    const OFFERED: (&str, &str) = (CLERK, "提出方案（限额内）");
    const AGREED: (&str, &str) = (CENTER, "消费者接受");
    match state {
        "已接收" => &[],
        "处理中" => &[ACCEPT],
        "方案待审核" => &[ACCEPT, ("主管", "提出方案（超限额）")],
        "待消费者确认" => &[ACCEPT, OFFERED],
        "已和解待履行" => &[ACCEPT, OFFERED, AGREED],
        "已办结" => &[ACCEPT, OFFERED, AGREED, (CLERK, "履行完成并办结")],
        "申请退回待复核" => &[(CLERK, "申请退回（非本单位）")],
        "已退回" => &[ACCEPT, (CLERK, "退回（消费者要求行政处理）")],
        "已撤诉" => &[(CENTER, "消费者撤诉")],
        "已删除" => &[(CENTER, "撤回同意")],
        other => panic!("there is no state {other}"),
    }
}

/// The circumstance of this name.
pub(crate) fn circumstance(name: &str) -> &'static Circumstance {
    let found = CIRCUMSTANCES.iter().find(|known| known.name == name);
    found.unwrap_or_else(|| panic!("there is no circumstance {name}"))
}

/// A case in this state under this circumstance, or what does not go together.
pub(crate) fn prepared(state: &str, name: &str) -> Result<World, String> {
    let circumstance = circumstance(name);
    let opened = opened(circumstance).map_err(|refusal| code(&refusal))?;
    let (mut world, mut waiting) = (opened.world, circumstance.before);
    for &(who, what) in path(state) {
        if waiting.is_empty() && world.is_in(state) {
            break;
        }
        world = world.after(Prep::Do(who, what))?;
        if world.is_in("处理中") {
            for prep in std::mem::take(&mut waiting) {
                world = world.after(*prep)?;
            }
        }
    }
    if !waiting.is_empty() {
        return Err(format!("{name} does not happen before {state}"));
    }
    for prep in circumstance.after {
        world = world.after(*prep)?;
    }
    if world.is_in(state) { Ok(world) } else { Err(format!("{name} leads away from {state}")) }
}

impl World {
    fn after(self, prep: Prep) -> Result<Self, String> {
        match prep {
            Prep::At(time) => Ok(Self { now: instant(time), ..self }),
            Prep::Do(who, what) => match self.attempt(who, what) {
                Ok(step) => Ok(step.world),
                Err(refusal) => Err(format!("{who} {what}: {}", code(&refusal))),
            },
            Prep::NewCalendar => {
                let mut world = self;
                world.policy.calendar = with_one_more_day_off();
                Ok(world)
            }
        }
    }
}

fn with_one_more_day_off() -> Calendar {
    let shipped = include_str!("../../src/calendar/years/2026.json");
    let last = r#"{ "date": "2026-10-07", "name": "国庆节" }"#;
    let more = format!(r#"{last}, {{ "date": "2026-12-04", "name": "临时放假" }}"#);
    let text = shipped.replace(last, &more);
    assert_ne!(text, shipped);
    Calendar::shipped().with_year(&text).expect("it reads")
}
