//! Events and states in the words of the desk.

use green_channel::case::{
    AdvanceStatus, ClockKind, ContactMethod, ContactResult, EraseReason, HandbackReason, Origin,
    PauseGround, RejectionReason, ReportKind, Role, Rung, StateName, Via,
};
use green_channel::channel::HistoryEntry;
use green_channel::money::Fen;
use green_channel::time::{Date, Timestamp};
use serde_json::Value;

use super::format;
use super::pages::parts::Tone;

/// How a state should feel.
pub(super) const fn state_tone(state: StateName) -> Tone {
    match state {
        StateName::Received | StateName::AwaitingApproval | StateName::Rejected => Tone::Warn,
        StateName::InProgress | StateName::Offered | StateName::Settled => Tone::Busy,
        StateName::Closed => Tone::Good,
        StateName::HandedBack | StateName::Withdrawn | StateName::Erased => Tone::Quiet,
    }
}

/// What an event says, for reading.
struct Said<'a>(&'a HistoryEntry);

impl Said<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.data.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        self.0.data.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    fn number(&self, name: &str) -> u64 {
        self.0.data.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    /// A day as it is read.
    fn day(&self, name: &str) -> String {
        let day = self.text(name).parse::<Date>();
        day.map_or_else(|_| self.text(name).to_owned(), format::full_day)
    }

    /// Whether one of the staff did it.
    fn by_staff(&self) -> bool {
        Role::from_code(&self.0.role).is_some_and(Role::is_staff)
    }

    /// By which way the consumer's word came; what leaves do not name is the ordinary one.
    fn via(&self) -> &'static str {
        Via::from_code(self.text("via")).unwrap_or(Via::Center).label_zh()
    }

    /// The clock an event names alone.
    fn clock(&self) -> &'static str {
        ClockKind::from_code(self.text("clock")).map_or("", ClockKind::label_zh)
    }

    /// The clocks an event carries or names, each with its new deadline where it has one.
    fn clocks(&self) -> String {
        let many = self.0.data.get("clocks").and_then(Value::as_array);
        let one = self.0.data.get("clock");
        let all = many.into_iter().flatten().chain(one);
        all.map(clock_zh).filter(|told| !told.is_empty()).collect::<Vec<_>>().join("、")
    }
}

/// A clock, or its kind alone.
fn clock_zh(clock: &Value) -> String {
    let kind = clock.as_str().or_else(|| clock.get("kind")?.as_str()).unwrap_or_default();
    let label = ClockKind::from_code(kind).map_or("", ClockKind::label_zh);
    let due = clock.get("due_at").and_then(Value::as_str);
    match due.and_then(|due| due.parse::<Timestamp>().ok()) {
        Some(due) => format!("“{label}”至 {}", format::by(due)),
        None if label.is_empty() => String::new(),
        None => format!("“{label}”"),
    }
}

/// One event in a plain sentence; `who` knows names by their pseudonyms.
pub(super) fn sentence(entry: &HistoryEntry, who: impl Fn(&str) -> String) -> String {
    let said = Said(entry);
    match entry.kind.as_str() {
        "received" => received(&said).to_owned(),
        "withdrawn_unseen" => {
            let consent = if said.flag("consent") { "并撤回同意" } else { "" };
            format!("中心告知：消费者在分流到达前已撤诉{consent}，没有保存任何个人信息")
        }
        "accepted" => "受理，确定首问责任人".to_owned(),
        "transfer_proposed" => {
            format!("请{}接手；对方接收前仍由原首问责任人负责", who(said.text("to")))
        }
        "transfer_taken" => {
            format!("接收移交，首问责任人变更为{}", who(said.text("first_responder")))
        }
        "transfer_refused" => "不接收移交，仍由原首问责任人负责".to_owned(),
        "transfer_recalled" => "收回移交，仍由原首问责任人负责".to_owned(),
        "contacted" => {
            let method = ContactMethod::from_code(said.text("method"));
            let result = ContactResult::from_code(said.text("result"));
            let method = method.map_or("", ContactMethod::label_zh);
            format!("{method}联系消费者，{}", result.map_or("", ContactResult::label_zh))
        }
        "rejected" => {
            let reason = RejectionReason::from_code(said.text("reason"));
            format!("申请退回：{}", reason.map_or("", RejectionReason::label_zh))
        }
        "rejection_overturned" => "中心复核：应由本单位办理".to_owned(),
        "handback_drafted" => "协商期限届满，已草拟退回，由首问责任人决定是否发出".to_owned(),
        "handed_back" => {
            let reason = HandbackReason::from_code(said.text("reason"));
            format!("退回 12315 中心：{}", reason.map_or("", HandbackReason::label_zh))
        }
        "handback_acknowledged" => "中心已收到退回的全部材料".to_owned(),
        "withdrawn" if said.by_staff() => "消费者在现场撤回投诉".to_owned(),
        "withdrawn" => "消费者撤回投诉".to_owned(),
        "erased" => {
            let reason = EraseReason::from_code(said.text("reason"));
            let reason = reason.unwrap_or(EraseReason::ConsentWithdrawn);
            let paper = match said.text("paper") {
                "" => String::new(),
                no => format!("（书面材料编号 {no}）"),
            };
            format!("{}{paper}，个人信息已销毁", erased(reason))
        }
        "supplemented" => "补充材料".to_owned(),
        "assigned" if said.flag("named") => "指定责任商户，同意书已写明该商户".to_owned(),
        "assigned" => "指定责任商户，同意书未写明该商户，消费者信息不向其提供".to_owned(),
        "unassigned" => "取消责任商户".to_owned(),
        "tenant_stated" => "商户提交说明".to_owned(),
        "rated" => format!("消费者评价 {} 星", said.number("stars")),
        "reopened" if said.by_staff() => "消费者在现场要求重新办理".to_owned(),
        "reopened" => "消费者经中心要求重新办理".to_owned(),
        "advance_moved" => advance(&said),
        "notice_kept" if said.flag("case_filed") => {
            "中心告知：该投诉已转为案件查办（诉转案）".to_owned()
        }
        "notice_kept" => "收到新类型通知，已原样保存".to_owned(),
        "revealed" => "查看消费者完整信息".to_owned(),
        "payee_shown" => "出纳查看先行赔付收款账户".to_owned(),
        "reported" => {
            let kind = ReportKind::from_code(said.text("report")).map_or("", ReportKind::label_zh);
            format!("回传“{kind}”，已收到中心回执")
        }
        _ => of_offers(&said)
            .or_else(|| of_time(&said))
            .unwrap_or_else(|| format!("新类型记录：{}", entry.kind)),
    }
}

/// Where an advance came to stand, and how much it is about.
fn advance(said: &Said<'_>) -> String {
    let status = AdvanceStatus::from_code(said.text("status"));
    let status = status.map_or("", AdvanceStatus::label_zh);
    let fen = |name: &str| said.0.data.get(name).and_then(Value::as_i64).map(Fen::new);
    let paid = fen("paid_fen").filter(|fen| *fen > Fen::ZERO);
    let amount = paid.or_else(|| fen("fen")).map_or_else(String::new, |fen| fen.to_string());
    format!("先行赔付 {amount}：{status}")
}

fn received(said: &Said<'_>) -> &'static str {
    match Origin::from_code(said.text("origin")).unwrap_or(Origin::Diverted) {
        Origin::Diverted => "12315 中心分流投诉，同意书核验通过，已出具收件回执",
        Origin::DeskReported => "现场登记投诉，消费者已签字同意，并报送 12315 中心",
        Origin::DeskOnly => "现场登记投诉，消费者已签字同意，选择不报送 12315 中心",
    }
}

const fn erased(reason: EraseReason) -> &'static str {
    match reason {
        EraseReason::ConsentWithdrawn => "消费者撤回同意",
        EraseReason::Retention => "保存期限届满",
        EraseReason::Restored => "恢复旧备份后再次删除",
    }
}

/// What becomes of offers and promises.
fn of_offers(said: &Said<'_>) -> Option<String> {
    let via = said.via();
    Some(match said.0.kind.as_str() {
        "offer_drafted" => "拟定和解方案，待另一人审核".to_owned(),
        "offered" => "向消费者提出和解方案".to_owned(),
        "offer_sent_back" => "方案审核退回".to_owned(),
        "link_issued" => "生成消费者确认链接（一次性）".to_owned(),
        // One of the staff wrote the consumer's yes down, or said yes to the consumer's proposal.
        "settled" if said.by_staff() => format!("双方达成和解（消费者意见：{via}）"),
        "settled" => format!("消费者接受方案，达成和解（{via}）"),
        "offer_declined" => format!("消费者未接受方案（{via}）"),
        "countered" => format!("消费者另提方案（{via}）"),
        "counter_taken" => "拟接受消费者的方案，待另一人审核".to_owned(),
        "counter_declined" => "未接受消费者的方案".to_owned(),
        "offer_expired" => "方案到期未答复，自动失效".to_owned(),
        "performed" => "和解内容已履行".to_owned(),
        "closed" => "办结".to_owned(),
        "breached" if said.by_staff() => "登记未按约履行，重新协商".to_owned(),
        "breached" => "消费者经中心反映未按约履行，重新协商".to_owned(),
        _ => return None,
    })
}

/// What happens to clocks, and who is told.
fn of_time(said: &Said<'_>) -> Option<String> {
    Some(match said.0.kind.as_str() {
        "supplement_asked" => format!("请消费者补充材料，{}前", said.day("reply_by")),
        "supplement_lapsed" => "补充期限届满，消费者没有补充".to_owned(),
        "paused" => {
            let ground = PauseGround::from_code(said.text("ground"));
            let ground = ground.map_or("", PauseGround::label_zh);
            let until = match said.text("until") {
                "" => String::new(),
                _ => format!("，至 {}", said.day("until")),
            };
            format!("计时暂停（{ground}{until}）：{}", said.clocks())
        }
        "pause_lapsed" => "鉴定、检测期限届满，计时自动继续".to_owned(),
        "resumed" => format!("计时恢复：{}", said.clocks()),
        "extension_asked" => {
            format!("向 12315 中心申请延长“{}”，延长 {}", said.clock(), said.number("length"))
        }
        "extended" if said.by_staff() => format!("延长办理期限：{}", said.clocks()),
        "extended" => format!("中心同意延期：{}", said.clocks()),
        "extension_refused" => "中心不同意延期".to_owned(),
        "urged" => match said.clocks() {
            clocks if clocks.is_empty() => "12315 中心催办".to_owned(),
            clocks => format!("12315 中心催办：{clocks}"),
        },
        "supervised" => format!("12315 中心督办，要求 {} 前答复", said.day("reply_by")),
        "clock_expired" => {
            let due = said.text("due_at").parse::<Timestamp>();
            let due = due.map(|due| format!("（应于 {} 前）", format::by(due)));
            format!("“{}”已超期{}", said.clock(), due.unwrap_or_default())
        }
        "escalated" => {
            let to = Rung::from_code(said.text("to")).map_or("", Rung::label_zh);
            format!("“{}”时限提醒：已告知{to}", said.clock())
        }
        "clock_moved" => format!("按新的放假安排重算期限：{}", said.clocks()),
        _ => return None,
    })
}

/// The words of an event, each on its line.
pub(super) fn note(entry: &HistoryEntry) -> String {
    let hidden = ["complaint_no", "body", "receipt", "raw"];
    let shown = entry.words.iter().filter(|(field, _)| !hidden.contains(&field.as_str()));
    let line = |(field, text): (&String, &String)| match field.as_str() {
        "signature" => format!("消费者签字确认：{text}"),
        // A line that somebody wrote must not look like one of ours.
        _ => text.replace('\n', "\n　　"),
    };
    shown.map(line).collect::<Vec<_>>().join("\n")
}

/// How an event should feel.
pub(super) fn event_tone(kind: &str) -> Tone {
    match kind {
        "settled" | "performed" | "closed" | "extended" | "resumed" | "transfer_taken" => {
            Tone::Good
        }
        "urged" | "supervised" | "offer_expired" | "offer_sent_back" | "countered"
        | "escalated" | "handback_drafted" | "extension_refused" | "supplement_lapsed"
        | "pause_lapsed" | "transfer_refused" => Tone::Warn,
        "breached" | "erased" | "clock_expired" => Tone::Bad,
        "accepted" | "offered" | "contacted" | "offer_drafted" | "counter_taken"
        | "transfer_proposed" | "supplement_asked" | "extension_asked" | "paused" => Tone::Busy,
        _ => Tone::Quiet,
    }
}

/// The official word of a role's code.
pub(super) fn role(code: &str) -> &'static str {
    Role::from_code(code).map_or("", Role::label_zh)
}

/// Why a report did not arrive, and what to do.
pub(super) fn delivery_cause(cause: &str) -> (String, String) {
    let (said, remedy) = match cause {
        "timeout" => ("中心在时限内没有应答", "系统会自动重试；长时间不通请检查网络"),
        "connect" => ("连接不上中心", "系统会自动重试；请检查网络与 center.api_url"),
        "receipt_not_noted" => (
            "中心已收到，回执暂时不能登记",
            "系统会自动重试；请运行 merchant-server doctor 查看案件适用的规则集",
        ),
        "broken_off" => ("与中心的连接中断", "系统会自动重试，同一编号不会重复生效"),
        "receipt_invalid" => ("中心的回执未通过核验", "请核对中心公钥文件，必要时联系中心"),
        "answer_malformed" | "answer_too_large" => ("中心的应答无法识别", "请联系中心的技术人员"),
        "http_401" | "http_403" => ("中心不接受我们的签名", "请核对时钟，并向中心登记我们的公钥"),
        "http_422" | "http_400" => ("中心拒收这条回传", "请核对案件内容后重新发送，或联系中心"),
        other => {
            let status = other.strip_prefix("http_").unwrap_or(other);
            return (format!("中心应答异常（{status}）"), "系统会自动重试".to_owned());
        }
    };
    (said.to_owned(), remedy.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(kind: &str, role: &str, data: Value) -> HistoryEntry {
        serde_json::from_value(json!({
            "n": 3, "at": "2026-11-26T10:00:00+08:00", "kind": kind, "role": role,
            "actor": "01010101010101010101010101010101", "data": data, "words": {},
            "leaf_hash": "",
        }))
        .unwrap()
    }

    fn told(kind: &str, role: &str, data: Value) -> String {
        sentence(&entry(kind, role, data), |who| format!("<{who}>"))
    }

    /// The kinds as leaves write them, each once.
    const KINDS: [&str; 52] = [
        "received",
        "withdrawn_unseen",
        "accepted",
        "transfer_proposed",
        "transfer_taken",
        "transfer_refused",
        "transfer_recalled",
        "contacted",
        "supplement_asked",
        "supplement_lapsed",
        "pause_lapsed",
        "advance_moved",
        "paused",
        "resumed",
        "extension_asked",
        "extended",
        "extension_refused",
        "offer_drafted",
        "offered",
        "offer_sent_back",
        "link_issued",
        "settled",
        "offer_declined",
        "countered",
        "counter_taken",
        "counter_declined",
        "offer_expired",
        "performed",
        "closed",
        "breached",
        "rejected",
        "rejection_overturned",
        "handback_drafted",
        "handed_back",
        "handback_acknowledged",
        "withdrawn",
        "erased",
        "urged",
        "supervised",
        "supplemented",
        "assigned",
        "unassigned",
        "tenant_stated",
        "rated",
        "reopened",
        "clock_expired",
        "escalated",
        "clock_moved",
        "notice_kept",
        "revealed",
        "payee_shown",
        "reported",
    ];

    #[test]
    fn every_kind_of_event_has_a_sentence_of_its_own() {
        for kind in KINDS {
            let told = told(kind, "system", json!({}));
            assert!(!told.starts_with("新类型记录"), "{kind}: {told}");
        }
        assert_eq!(told("minted", "system", json!({})), "新类型记录：minted");
    }

    #[test]
    fn a_sentence_says_who_which_and_until_when() {
        let clock = json!({
            "kind": "settle", "start_at": "2026-11-24T10:00:00+08:00",
            "due_at": "2026-12-08T23:59:59.999+08:00", "length": 10, "unit": "working_days",
            "provisional": false,
        });
        for (kind, role, data, expect) in [
            (
                "transfer_proposed",
                "clerk",
                json!({ "to": "ab" }),
                "请<ab>接手；对方接收前仍由原首问责任人负责",
            ),
            (
                "paused",
                "clerk",
                json!({ "ground": "supplement", "clocks": ["settle"] }),
                "计时暂停（等待消费者补充材料）：“协商和解”",
            ),
            (
                "resumed",
                "center",
                json!({ "clocks": [clock.clone()] }),
                "计时恢复：“协商和解”至 12月8日 24:00",
            ),
            (
                "extended",
                "center",
                json!({ "clock": clock.clone() }),
                "中心同意延期：“协商和解”至 12月8日 24:00",
            ),
            (
                "clock_expired",
                "system",
                json!({ "clock": "settle", "due_at": "2026-12-08T23:59:59.999+08:00" }),
                "“协商和解”已超期（应于 12月8日 24:00 前）",
            ),
            (
                "escalated",
                "system",
                json!({ "clock": "settle", "start_at": "x", "step": 2, "to": "manager" }),
                "“协商和解”时限提醒：已告知负责人",
            ),
            (
                "settled",
                "consumer",
                json!({ "via": "link" }),
                "消费者接受方案，达成和解（一次性链接）",
            ),
            ("settled", "center", json!({}), "消费者接受方案，达成和解（经12315中心）"),
            ("erased", "center", json!({}), "消费者撤回同意，个人信息已销毁"),
            ("erased", "system", json!({ "reason": "retention" }), "保存期限届满，个人信息已销毁"),
            ("urged", "center", json!({}), "12315 中心催办"),
            (
                "received",
                "clerk",
                json!({ "origin": "desk_only" }),
                "现场登记投诉，消费者已签字同意，选择不报送 12315 中心",
            ),
        ] {
            assert_eq!(told(kind, role, data), expect);
        }
    }

    #[test]
    fn a_signature_is_told_from_the_consumers_words() {
        let mut entry = entry("offer_declined", "clerk", json!({ "via": "desk" }));
        entry.words.insert("answer".to_owned(), "太少".to_owned());
        entry.words.insert("signature".to_owned(), "本人签字".to_owned());
        assert_eq!(note(&entry), "太少\n消费者签字确认：本人签字");
    }
}
