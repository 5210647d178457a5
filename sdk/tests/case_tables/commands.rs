//! The commands of the tables, each under its name; a name in brackets says what is wrong with it
//! or what is special about it. Dates are counted from the time of the case.

use green_channel::case::{
    Action, Actor, AdvanceStatus, ClockKind, Closing, Command, ContactMethod, ContactResult,
    EraseReason, HandbackReason, RejectionReason, ReportKind, TermKind, Terms,
};
use green_channel::codes::Outcome;
use green_channel::ids::{AdvanceId, OfferId, Pseudonym, ReportId, TenantId};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::{DAY_MILLIS, Date, Timestamp};

use crate::world::{CLERK_LIMIT_FEN, World, actor, words};

/// The steps of the ladder of `odr-2026.2`, in its order.
const LADDER: [(&str, ClockKind); 10] = [
    ("首问响应逾期", ClockKind::Respond),
    ("协商和解到期前一日", ClockKind::Settle),
    ("协商和解逾期", ClockKind::Settle),
    ("协商和解逾期一日", ClockKind::Settle),
    ("履行到期前一日", ClockKind::Perform),
    ("履行逾期", ClockKind::Perform),
    ("履行逾期一日", ClockKind::Perform),
    ("催办逾期", ClockKind::Urge),
    ("督办到期前一日", ClockKind::Supervise),
    ("督办逾期", ClockKind::Supervise),
];

fn blank() -> Personal<String> {
    Personal::new(" ".to_owned())
}

/// A day so many days from the time of the case.
fn day(world: &World, days: i64) -> Date {
    world.now.plus_millis(days * DAY_MILLIS).civil_date()
}

/// An id that no offer of the case has.
fn fresh(world: &World) -> OfferId {
    let random = u8::try_from(world.case.version).expect("a short history");
    OfferId::new(world.now, [random; 10])
}

fn another() -> OfferId {
    OfferId::from_bytes([0xEE; 16])
}

/// The offer that is open, waits for approval or was accepted.
fn current(world: &World) -> OfferId {
    world.case.current_offer().map_or(another(), |offer| offer.id)
}

/// The consumer's proposal that waits.
fn waiting(world: &World) -> OfferId {
    world.case.counter().map_or(another(), |offer| offer.id)
}

/// When the youngest clock of this kind began.
fn start_at(world: &World, kind: ClockKind) -> Timestamp {
    let youngest = world.case.clocks.iter().rev().find(|entry| entry.clock.kind == kind);
    youngest.map_or(world.case.received_at, |entry| entry.clock.start_at)
}

fn refund(world: &World, fen: i64) -> Terms {
    Terms {
        kinds: vec![TermKind::Refund],
        refund_fen: Fen::new(fen),
        damages_fen: Fen::ZERO,
        multiple_fen: Fen::ZERO,
        mental_damages_fen: Fen::ZERO,
        perform_by: day(world, 7),
        in_exchange: Vec::new(),
    }
}

fn offer(world: &World, terms: Terms) -> Command {
    let answer_by = day(world, 3);
    Command::Offer { offer_id: fresh(world), terms, answer_by, text: words() }
}

fn offer_until(world: &World, days: i64) -> Command {
    let (terms, answer_by) = (refund(world, CLERK_LIMIT_FEN), day(world, days));
    Command::Offer { offer_id: fresh(world), terms, answer_by, text: words() }
}

fn counter(world: &World, answers: OfferId, fen: i64, actor: &Actor) -> Command {
    let terms = refund(world, fen);
    let signature = signature(actor);
    Command::Counter { offer_id: fresh(world), answers, terms, text: words(), signature }
}

fn answer(offer_id: OfferId, accepted: bool, signature: Option<Personal<String>>) -> Command {
    Command::Answer { offer_id, accepted, text: None, signature }
}

fn first_advance() -> AdvanceId {
    AdvanceId::from_bytes([1; 16])
}

/// What the fund says of an advance of 100 yuan.
fn advance(status: AdvanceStatus, paid: i64) -> Command {
    let (advance, fen) = (first_advance(), Fen::new(10_000));
    Command::MoveAdvance { advance, status, fen, paid_fen: Fen::new(paid), words: Vec::new() }
}

/// Whoever writes down that a consent ends names the signed paper.
fn paper(actor: &Actor) -> Option<String> {
    actor.role.is_staff().then(|| "CH-2026-0031".to_owned())
}

/// Whoever writes down the consumer's word at the desk has it signed.
fn signature(actor: &Actor) -> Option<Personal<String>> {
    actor.role.is_staff().then(words)
}

fn perform(proof: Personal<String>, recovered_fen: Fen) -> Command {
    let (process, result) = (words(), words());
    let (outcome, method) = (Outcome::Monetary, ContactMethod::Phone);
    Command::Perform { proof, closing: Closing { outcome, method, process, result, recovered_fen } }
}

/// What the current offer promises in money.
fn promised(world: &World) -> Fen {
    let total = world.case.current_offer().and_then(|offer| offer.terms.total().ok());
    total.unwrap_or(Fen::ZERO)
}

fn hand_back(reason: HandbackReason) -> Command {
    Command::HandBack { reason, summary: words() }
}

fn contact(result: ContactResult, note: Personal<String>) -> Command {
    Command::Contact { method: ContactMethod::Phone, result, note }
}

fn receipt(report: ReportKind) -> Command {
    Command::RecordReceipt { report_id: ReportId::from_bytes([1; 16]), report, receipt: words() }
}

/// Somebody else than the first responder.
fn colleague(world: &World) -> Pseudonym {
    let (one, other) = (actor("另一受理员").pseudonym, actor("受理员").pseudonym);
    if world.case.first_responder == Some(one) { other } else { one }
}

fn shop(world: &World) -> TenantId {
    let assigned = world.case.assigned.as_ref();
    assigned.map_or(TenantId::from_bytes([1; 16]), |assigned| assigned.tenant)
}

/// The command of this name, as this actor gives it on this case now.
#[expect(clippy::too_many_lines, reason = "one arm per command reads best as one table")]
pub(crate) fn command(name: &str, actor: &Actor, world: &World) -> Command {
    let assign = |shop, named| Command::Assign { tenant: TenantId::from_bytes([shop; 16]), named };
    if let Some(step) = name.strip_prefix("逐级提醒：") {
        let index = LADDER.iter().position(|(known, _)| *known == step).expect("a step");
        let (clock, step) = (LADDER[index].1, u32::try_from(index).expect("few"));
        return Command::Escalate { clock, start_at: start_at(world, clock), step };
    }
    if let Some(label) = name.strip_prefix("记录超期：") {
        let clock = ClockKind::ALL.into_iter().find(|kind| kind.label_zh() == label);
        let clock = clock.expect("a clock");
        return Command::NoteExpiry { clock, start_at: start_at(world, clock) };
    }
    match name {
        "受理" => Command::Accept,
        "移交首问责任" => Command::ProposeTransfer { to: colleague(world), reason: words() },
        "移交给自己" => Command::ProposeTransfer {
            to: world.case.first_responder.unwrap_or(actor.pseudonym),
            reason: words(),
        },
        "接收首问责任" => Command::TakeTransfer,
        "不接收首问责任" => Command::RefuseTransfer { reason: words() },
        "收回移交" => Command::RecallTransfer,
        "登记联系（已联系上）" => contact(ContactResult::Reached, words()),
        "登记联系（未联系上）" => contact(ContactResult::Unreachable, words()),
        "登记联系（未填内容）" => contact(ContactResult::Reached, blank()),
        "请消费者补充材料" => {
            Command::AskSupplement { reply_by: day(world, 3), text: words() }
        }
        "请消费者补充材料（期限在昨天）" => {
            Command::AskSupplement { reply_by: day(world, -1), text: words() }
        }
        "请消费者补充材料（期限两个月）" => {
            Command::AskSupplement { reply_by: day(world, 60), text: words() }
        }
        "请消费者补充材料（未填内容）" => {
            Command::AskSupplement { reply_by: day(world, 3), text: blank() }
        }
        "补充期限届满" => Command::LapseSupplement,
        "补充材料" => Command::Supplement { text: words() },
        "补充材料（空白）" => Command::Supplement { text: blank() },
        "暂停计时" => Command::Pause { until: day(world, 10), reason: words() },
        "暂停计时（未填理由）" => {
            Command::Pause { until: day(world, 10), reason: blank() }
        }
        "暂停计时（到期日在昨天）" => {
            Command::Pause { until: day(world, -1), reason: words() }
        }
        "暂停计时（三个月）" => Command::Pause { until: day(world, 90), reason: words() },
        "暂停期限届满" => Command::LapsePause,
        "恢复计时" => Command::Resume { reason: words() },
        "申请延期" => Command::AskExtension { reason: words() },
        "同意延期" => Command::AnswerExtension { granted: true, text: None },
        "不同意延期" => Command::AnswerExtension { granted: false, text: Some(words()) },
        "延长办理期限" => Command::Extend { reason: words() },
        "提出方案（限额内）" => offer(world, refund(world, CLERK_LIMIT_FEN)),
        "提出方案（超限额）" => offer(world, refund(world, CLERK_LIMIT_FEN + 1)),
        "提出方案（仅解释说明）" => {
            offer(world, Terms { kinds: vec![TermKind::Explanation], ..refund(world, 0) })
        }
        "提出方案（金额为负）" => offer(world, refund(world, -1)),
        "提出方案（无内容项）" => {
            offer(world, Terms { kinds: Vec::new(), ..refund(world, 0) })
        }
        "提出方案（答复期在昨天）" => offer_until(world, -1),
        "提出方案（答复期晚于履行日）" => offer_until(world, 8),
        "提出方案（答复期两个月）" => {
            let terms = Terms { perform_by: day(world, 90), ..refund(world, CLERK_LIMIT_FEN) };
            let answer_by = day(world, 60);
            Command::Offer { offer_id: fresh(world), terms, answer_by, text: words() }
        }
        "提出方案（更换商品）" => {
            offer(world, Terms { kinds: vec![TermKind::Exchange], ..refund(world, 0) })
        }
        "提出方案（未填说明）" => Command::Offer {
            offer_id: fresh(world),
            terms: refund(world, CLERK_LIMIT_FEN),
            answer_by: day(world, 3),
            text: blank(),
        },
        "审核通过" => Command::Approve,
        "审核退回" => Command::SendBack { reason: words() },
        "审核退回（未填理由）" => Command::SendBack { reason: blank() },
        "生成确认链接" => Command::IssueLink,
        "消费者接受" => answer(current(world), true, signature(actor)),
        "消费者接受（未签字）" => answer(current(world), true, None),
        "消费者不接受" => answer(current(world), false, signature(actor)),
        "消费者接受另一方案" => answer(another(), true, signature(actor)),
        "消费者另提方案" => counter(world, current(world), CLERK_LIMIT_FEN, actor),
        "消费者另提方案（超限额）" => {
            counter(world, current(world), CLERK_LIMIT_FEN + 1, actor)
        }
        "消费者另提方案（金额为负）" => counter(world, current(world), -1, actor),
        "消费者另提方案（针对另一方案）" => {
            counter(world, another(), CLERK_LIMIT_FEN, actor)
        }
        "消费者另提方案（未签字）" => Command::Counter {
            offer_id: fresh(world),
            answers: current(world),
            terms: refund(world, CLERK_LIMIT_FEN),
            text: words(),
            signature: None,
        },
        "接受消费者方案" => Command::AcceptCounter { offer_id: waiting(world) },
        "接受另一消费者方案" => Command::AcceptCounter { offer_id: another() },
        "不接受消费者方案" => {
            Command::DeclineCounter { offer_id: waiting(world), reason: words() }
        }
        "不接受消费者方案（未填理由）" => {
            Command::DeclineCounter { offer_id: waiting(world), reason: blank() }
        }
        "方案到期" => Command::ExpireOffer,
        "履行完成并办结" => perform(words(), promised(world)),
        "履行完成并办结（另有挽回金额）" => perform(words(), Fen::new(20_000)),
        "履行完成并办结（挽回金额超过约定）" => {
            perform(words(), Fen::new(CLERK_LIMIT_FEN + 1))
        }
        "履行完成并办结（挽回金额为负）" => perform(words(), Fen::new(-1)),
        "履行完成并办结（无凭证）" => perform(blank(), promised(world)),
        "登记未按约履行" => Command::Breach { reason: words() },
        "登记未按约履行（未填经过）" => Command::Breach { reason: blank() },
        "申请退回（非本单位）" => {
            Command::Reject { reason: RejectionReason::NotOurs, text: words() }
        }
        "申请退回（未填说明）" => {
            Command::Reject { reason: RejectionReason::NotOurs, text: blank() }
        }
        "复核同意退回" => Command::Review { upheld: true, text: None },
        "复核不同意退回" => Command::Review { upheld: false, text: None },
        "退回（协商不成）" => hand_back(HandbackReason::NoAgreement),
        "退回（逾期未达成和解）" => hand_back(HandbackReason::Expired),
        "退回（联系不到消费者）" => hand_back(HandbackReason::Unreachable),
        "退回（消费者要求行政处理）" => hand_back(HandbackReason::ConsumerAsks),
        "退回（冒用复核结论）" => hand_back(HandbackReason::RejectionUpheld),
        "退回（未填小结）" => {
            Command::HandBack { reason: HandbackReason::NoAgreement, summary: blank() }
        }
        "消费者撤诉" => Command::Withdraw { reason: None, signature: signature(actor) },
        "消费者撤诉（未签字）" => Command::Withdraw { reason: None, signature: None },
        "撤回同意" => Command::WithdrawConsent { paper_no: paper(actor) },
        "撤回同意（无书面材料）" => Command::WithdrawConsent { paper_no: None },
        "撤回同意（编号写成电话）" => {
            Command::WithdrawConsent { paper_no: Some("13800138000".to_owned()) }
        }
        "删除个人信息（恢复旧备份后）" => {
            Command::Erase { reason: EraseReason::Restored }
        }
        "删除个人信息（保存期限届满）" => {
            Command::Erase { reason: EraseReason::Retention }
        }
        "删除个人信息（冒用撤回同意）" => {
            Command::Erase { reason: EraseReason::ConsentWithdrawn }
        }
        "催办" => Command::Urge,
        "督办" => Command::Supervise { reply_by: day(world, 2) },
        "指定商户" => assign(1, false),
        "指定商户（写明）" => assign(2, true),
        "指定商户（未写明）" => assign(3, false),
        "再次指定同一商户" => Command::Assign { tenant: shop(world), named: true },
        "取消商户" => Command::Unassign { reason: words() },
        "商户说明" => Command::TenantState { text: words() },
        "商户说明（空白）" => Command::TenantState { text: blank() },
        "评价（五星）" => Command::Rate { stars: 5, text: None, signature: signature(actor) },
        "评价（六星）" => Command::Rate { stars: 6, text: None, signature: signature(actor) },
        "重新办理" => Command::Reopen { reason: words(), signature: signature(actor) },
        "重新办理（未签字）" => Command::Reopen { reason: words(), signature: None },
        "重新办理（未填理由）" => {
            Command::Reopen { reason: blank(), signature: signature(actor) }
        }
        "按新日历重算期限" => Command::MoveClock {
            clock: ClockKind::Settle,
            start_at: start_at(world, ClockKind::Settle),
        },
        "先行赔付（待审核）" => advance(AdvanceStatus::Requested, 0),
        "先行赔付（已审核）" => advance(AdvanceStatus::Intended, 0),
        "先行赔付（已付款）" => advance(AdvanceStatus::Paid, 10_000),
        "先行赔付（付款未成）" => advance(AdvanceStatus::Refused, 0),
        "新类通知" => Command::KeepNotice { raw: words(), case_filed: false },
        "显示个人信息" => {
            Command::Reveal { fields: vec!["phone".to_owned()], reason: words() }
        }
        "显示个人信息（未列字段）" => {
            Command::Reveal { fields: Vec::new(), reason: words() }
        }
        "显示收款账户" => Command::ShowPayee { advance: first_advance() },
        "显示收款账户（另一笔）" => {
            Command::ShowPayee { advance: AdvanceId::from_bytes([9; 16]) }
        }
        "登记回执（已受理）" => receipt(ReportKind::Accepted),
        "登记回执（退回）" => receipt(ReportKind::HandedBack),
        other => panic!("there is no command {other}"),
    }
}

/// The name of the plainest command for an action.
pub(crate) const fn plainest(action: Action) -> &'static str {
    match action {
        Action::Accept => "受理",
        Action::ProposeTransfer => "移交首问责任",
        Action::TakeTransfer => "接收首问责任",
        Action::RefuseTransfer => "不接收首问责任",
        Action::RecallTransfer => "收回移交",
        Action::Contact => "登记联系（已联系上）",
        Action::AskSupplement => "请消费者补充材料",
        Action::LapseSupplement => "补充期限届满",
        Action::Pause => "暂停计时",
        Action::Resume => "恢复计时",
        Action::LapsePause => "暂停期限届满",
        Action::AskExtension => "申请延期",
        Action::AnswerExtension => "同意延期",
        Action::Extend => "延长办理期限",
        Action::Offer => "提出方案（限额内）",
        Action::Approve => "审核通过",
        Action::SendBack => "审核退回",
        Action::IssueLink => "生成确认链接",
        Action::Answer => "消费者接受",
        Action::Counter => "消费者另提方案",
        Action::AcceptCounter => "接受消费者方案",
        Action::DeclineCounter => "不接受消费者方案",
        Action::ExpireOffer => "方案到期",
        Action::Perform => "履行完成并办结",
        Action::Breach => "登记未按约履行",
        Action::Reject => "申请退回（非本单位）",
        Action::Review => "复核同意退回",
        Action::HandBack => "退回（消费者要求行政处理）",
        Action::Withdraw => "消费者撤诉",
        Action::WithdrawConsent => "撤回同意",
        Action::Erase => "删除个人信息（恢复旧备份后）",
        Action::Urge => "催办",
        Action::Supervise => "督办",
        Action::Supplement => "补充材料",
        Action::Assign => "指定商户",
        Action::Unassign => "取消商户",
        Action::TenantState => "商户说明",
        Action::Rate => "评价（五星）",
        Action::Reopen => "重新办理",
        Action::NoteExpiry => "记录超期：协商和解",
        Action::Escalate => "逐级提醒：协商和解逾期",
        Action::MoveClock => "按新日历重算期限",
        Action::MoveAdvance => "先行赔付（待审核）",
        Action::KeepNotice => "新类通知",
        Action::Reveal => "显示个人信息",
        Action::ShowPayee => "显示收款账户",
        Action::RecordReceipt => "登记回执（已受理）",
    }
}
