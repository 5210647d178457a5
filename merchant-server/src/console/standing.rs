//! What is beside the state of a case: what waits for whom, what stands still, who was told, and
//! what to do next.

use green_channel::case::{OfferStatus, Party, PauseGround, Rung, StateName};
use green_channel::channel::{AssignedView, CaseView, RelatedView};
use green_channel::ids::Pseudonym;

use super::cards::fact;
use super::names::Names;
use super::pages::parts::{Badge, Fact, RelatedLine};
use super::{format, wording};

/// Everything that waits, stands still or was told, each in a line.
pub(super) fn standing(view: &CaseView, names: &Names) -> Vec<Fact> {
    let mut facts = vec![fact("来源", view.origin_label.clone())];
    if let Some(transfer) = &view.transfer {
        let (to, at) = (names.of(transfer.to), format::moment(transfer.at));
        facts.push(fact("首问责任移交", format!("{at} 请{to}接手，等待接收")));
    }
    if view.transfers > 0 {
        facts.push(fact("首问责任人变更", format!("{} 次", view.transfers)));
    }
    if let Some(assigned) = &view.assigned {
        facts.push(fact("责任商户", shop(assigned)));
    }
    if let Some(asked) = &view.asked {
        let (at, by) = (format::moment(asked.at), format::full_day(asked.reply_by));
        facts.push(fact("补充材料", format!("{at} 已请消费者补充，{by}前")));
    }
    if let Some(since) = view.paused_since {
        let ground = view.pause_ground.map_or("", PauseGround::label_zh);
        facts.push(fact("计时暂停", format!("{} 起，{ground}", format::moment(since))));
    }
    if let Some(at) = view.extension_asked {
        facts.push(fact("延期申请", format!("{} 提出，等待中心答复", format::moment(at))));
    }
    if view.extensions > 0 {
        facts.push(fact("已延期", format!("{} 次", view.extensions)));
    }
    if let Some(to) = view.summary.escalated_to {
        facts.push(fact("时限提醒", told(to)));
    }
    if view.handback_drafted {
        facts.push(fact("草拟退回", "协商期限届满，待首问责任人核对，未发出"));
    }
    let tried = Tried { times: view.contacts, reached: view.reached, in_vain: view.unreached };
    facts.push(fact("联系消费者", tried.zh()));
    facts
}

/// The shop, and whether it may read who complains.
fn shop(assigned: &AssignedView) -> String {
    let name =
        if assigned.name.is_empty() { "（已不在登记中）" } else { assigned.name.as_str() };
    let stall = assigned.stall_no.as_ref().map(|no| format!("（{no}）")).unwrap_or_default();
    let named = if assigned.named {
        "同意书已写明该商户"
    } else {
        "同意书未写明该商户，消费者信息不向其提供"
    };
    format!("{name}{stall}；{named}")
}

const fn told(to: Rung) -> &'static str {
    match to {
        Rung::Responder => "已提醒首问责任人",
        Rung::Supervisor => "已上报主管",
        Rung::Manager => "已上报负责人",
    }
}

/// Contact attempts.
struct Tried {
    times: u32,
    reached: bool,
    in_vain: u64,
}

impl Tried {
    fn zh(&self) -> String {
        let Self { times, reached, in_vain } = *self;
        let result = match (times, reached) {
            (0, _) => return "尚未联系".to_owned(),
            (_, true) => "已联系上",
            (_, false) => "未联系上",
        };
        let since = match in_vain {
            0 => String::new(),
            in_vain => format!("，最近连续 {in_vain} 次未联系上"),
        };
        format!("共 {times} 次，{result}{since}")
    }
}

/// Another case of the same consumer.
pub(super) fn related(other: &RelatedView) -> RelatedLine {
    RelatedLine {
        href: format!("/console/cases/{}", other.case_id),
        complaint_no: other.complaint_no.clone().unwrap_or_else(|| "（已删除）".to_owned()),
        state: Badge { text: other.state_label.clone(), tone: wording::state_tone(other.state) },
        received: format::moment(other.received_at),
    }
}

/// What to do next, for the one who looks.
pub(super) fn next_hint(view: &CaseView, me: Pseudonym) -> &'static str {
    let state = view.summary.state;
    if !state.is_over() && view.transfer.as_ref().is_some_and(|transfer| transfer.to == me) {
        return "有人请您接手本案：请在“办理”里接收或不接收。";
    }
    let counter = view
        .offers
        .iter()
        .any(|offer| offer.by == Party::Consumer && offer.status == OfferStatus::Open);
    match state {
        StateName::Received => {
            "确认属于本单位后点“受理”，受理人即首问责任人；不属于本单位的，提交中心复核。"
        }
        StateName::InProgress if counter => {
            "消费者另提了方案，等待本单位答复：接受，或不接受并说明原因。"
        }
        StateName::InProgress if view.handback_drafted => {
            "协商期限已届满：仍有望和解的继续协商，否则核对草稿后退回 12315 中心。"
        }
        StateName::InProgress if view.asked.is_some() => "等待消费者补充材料；收到后请登记。",
        StateName::InProgress => {
            "联系消费者、登记联系情况，然后提出和解方案；协商不成的，连同全部材料退回中心。"
        }
        StateName::AwaitingApproval => "方案超过受理员权限，等待另一人审核。",
        StateName::Offered => {
            "方案已发出，等待消费者答复：经 12315 中心、一次性确认链接，或本人在现场签字。"
        }
        StateName::Settled => "按约定日期履行，取得凭证后办结；未能履行的须如实登记。",
        StateName::Rejected => "等待 12315 中心复核。",
        StateName::Closed | StateName::HandedBack | StateName::Withdrawn | StateName::Erased => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use green_channel::ids::TenantId;

    #[test]
    fn contact_attempts_are_told_with_those_in_vain() {
        for (times, reached, in_vain, expect) in [
            (0, false, 0, "尚未联系"),
            (1, true, 0, "共 1 次，已联系上"),
            (3, false, 3, "共 3 次，未联系上，最近连续 3 次未联系上"),
            (4, true, 2, "共 4 次，已联系上，最近连续 2 次未联系上"),
        ] {
            assert_eq!(Tried { times, reached, in_vain }.zh(), expect);
        }
    }

    #[test]
    fn a_shop_that_the_consent_does_not_name_is_said_to_read_nothing() {
        let mut assigned = AssignedView {
            tenant: TenantId::from_bytes([1; 16]),
            name: "某服装店".to_owned(),
            stall_no: Some("A-102".to_owned()),
            named: false,
        };
        assert_eq!(shop(&assigned), "某服装店（A-102）；同意书未写明该商户，消费者信息不向其提供");
        assigned.named = true;
        assert_eq!(shop(&assigned), "某服装店（A-102）；同意书已写明该商户");
    }
}
