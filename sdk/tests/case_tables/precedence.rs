//! Which reason is given first when several stand in the way.

use crate::circumstances::prepared;
use crate::world::code;

/// 拒绝的先后：岗位 → 状态 → 首问责任人 → 另一人 → 方案 → 情形 → 填写内容。
///
/// 状态 — 情形 — 由谁 — 办什么 — 首先给出的理由。
const PRECEDENCE: [(&str, &str, &str, &str, &str); 33] = [
    // 岗位先于状态，状态先于首问责任人，首问责任人先于填写内容
    ("已办结", "—", "审计员", "提出方案（金额为负）", "role_not_permitted"),
    ("已办结", "—", "另一受理员", "提出方案（金额为负）", "case_is_closed"),
    ("处理中", "—", "另一受理员", "提出方案（金额为负）", "not_first_responder"),
    ("处理中", "—", "受理员", "提出方案（金额为负）", "field_invalid:refund_fen"),
    ("已和解待履行", "—", "另一受理员", "履行完成并办结（无凭证）", "not_first_responder"),
    ("已和解待履行", "—", "受理员", "履行完成并办结（无凭证）", "field_invalid:proof"),
    ("处理中", "—", "受理员", "退回（冒用复核结论）", "field_invalid:reason"),
    // 岗位先于另一人
    ("方案待审核", "—", "受理员", "审核通过", "role_not_permitted"),
    ("方案待审核", "—", "主管", "审核通过", "same_person"),
    // 首问责任人先于方案，方案先于填写内容
    ("待消费者确认", "方案已到期", "另一受理员", "生成确认链接", "not_first_responder"),
    ("待消费者确认", "方案已到期", "受理员", "消费者接受（未签字）", "offer_expired"),
    ("待消费者确认", "—", "12315中心", "消费者接受另一方案", "offer_unknown"),
    ("待消费者确认", "方案已到期", "受理员", "方案到期", "role_not_permitted"),
    // 首问责任人先于情形，情形先于填写内容
    ("处理中", "移交待接收", "另一受理员", "移交首问责任", "not_first_responder"),
    ("处理中", "移交待接收", "受理员", "移交给自己", "transfer_pending"),
    ("处理中", "—", "受理员", "移交给自己", "field_invalid:to"),
    ("处理中", "计时已暂停", "另一受理员", "请消费者补充材料（期限在昨天）", "not_first_responder"),
    ("处理中", "计时已暂停", "受理员", "请消费者补充材料（期限在昨天）", "paused_already"),
    ("处理中", "已请补充", "受理员", "请消费者补充材料（期限在昨天）", "supplement_pending"),
    ("处理中", "旧规则", "受理员", "暂停计时（未填理由）", "role_not_permitted"),
    ("已和解待履行", "旧规则", "主管", "暂停计时（未填理由）", "case_is_settled"),
    ("处理中", "旧规则", "主管", "暂停计时（未填理由）", "no_pause"),
    ("处理中", "—", "主管", "暂停计时（未填理由）", "field_invalid:reason"),
    ("处理中", "延期待答复", "另一受理员", "申请延期", "not_first_responder"),
    ("处理中", "指定商户（未写明）", "场内商户", "显示个人信息（未列字段）", "not_named"),
    // 消费者在现场
    ("已接收", "现场登记", "受理员", "消费者撤诉（未签字）", "field_invalid:signature"),
    ("处理中", "现场登记", "另一受理员", "消费者撤诉（未签字）", "not_first_responder"),
    ("已接收", "—", "主管", "消费者撤诉（未签字）", "ask_center"),
    ("已接收", "现场登记", "主管", "消费者撤诉（未签字）", "field_invalid:signature"),
    ("已办结", "—", "出纳", "评价（六星）", "role_not_permitted"),
    ("处理中", "—", "受理员", "评价（六星）", "case_is_in_progress"),
    ("已办结", "—", "受理员", "评价（六星）", "ask_center"),
    ("已办结", "现场登记", "受理员", "评价（六星）", "field_invalid:stars"),
];

#[test]
fn the_first_reason_to_refuse_is_the_one_that_is_given() {
    let mut wrong = Vec::new();
    for (state, circumstance, who, what, expected) in PRECEDENCE {
        let world = prepared(state, circumstance).expect("it can be reached");
        let found = world.attempt(who, what).map(|_| ()).map_err(|refusal| code(&refusal));
        if found != Err(expected.to_owned()) {
            wrong.push(format!("{state}，{circumstance}，{who} {what}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
