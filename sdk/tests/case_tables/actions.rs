//! Every action against every state and every role, and the list of choices against the command.

use green_channel::case::{Action, Role, StateName, choices};

use crate::circumstances::{CIRCUMSTANCES, prepared};
use crate::commands::plainest;
use crate::world::{PEOPLE, World, actor, code};

/// 本单位办案人员：受理员、主管、负责人
const STAFF: &str = "clerk supervisor manager";
/// 审核、暂停、延期：主管、负责人
const APPROVERS: &str = "supervisor manager";
/// 消费者的话：经中心，或在现场由办案人员登记
const AT_DESK: &str = "center clerk supervisor manager";
/// 消费者对方案的答复：还可以经一次性链接
const ANSWERS: &str = "center consumer clerk supervisor manager";
/// 可以查看消费者信息（每次留痕）
const READERS: &str = "clerk supervisor manager auditor regulator tenant";

/// 处理中、方案待审核、待消费者确认
const NEGOTIATING: &str = "in_progress awaiting_approval offered";
/// 同上，以及已和解待履行
const TALKING: &str = "in_progress awaiting_approval offered settled";
/// 未办结、且不在等中心复核的各状态
const OURS: &str = "received in_progress awaiting_approval offered settled";
/// 未办结的各状态
const LIVE: &str = "received in_progress awaiting_approval offered settled rejected";
/// 除已删除以外的各状态
const READABLE: &str = "received in_progress awaiting_approval offered settled closed rejected \
                        handed_back withdrawn";

/// 动作 — 由谁 — 在哪些状态下可办 — 没有特别情形时还缺什么。其余状态一律拒绝，并说明案件处于
/// 什么状态；其余岗位一律拒绝。
const ACTIONS: [(&str, &str, &str, &str); 47] = [
    // 受理与移交
    ("accept", STAFF, "received", ""),
    ("reject", STAFF, "received", ""),
    ("review", "center", "rejected", ""),
    ("propose_transfer", STAFF, TALKING, ""),
    ("take_transfer", STAFF, TALKING, "no_transfer"),
    ("refuse_transfer", STAFF, TALKING, "no_transfer"),
    ("recall_transfer", STAFF, TALKING, "no_transfer"),
    // 联系、补充、暂停、延期
    ("contact", STAFF, TALKING, ""),
    ("ask_supplement", STAFF, "in_progress", ""),
    ("supplement", AT_DESK, LIVE, ""),
    ("lapse_supplement", "system", NEGOTIATING, "nothing_asked"),
    ("pause", APPROVERS, NEGOTIATING, ""),
    ("resume", APPROVERS, NEGOTIATING, "not_paused"),
    ("lapse_pause", "system", NEGOTIATING, "not_paused"),
    ("ask_extension", STAFF, NEGOTIATING, ""),
    ("answer_extension", "center", NEGOTIATING, "no_extension_asked"),
    ("extend", APPROVERS, NEGOTIATING, "extension_elsewhere"),
    // 方案
    ("offer", STAFF, "in_progress", ""),
    ("approve", APPROVERS, "awaiting_approval", ""),
    ("send_back", APPROVERS, "awaiting_approval", ""),
    ("issue_link", STAFF, "offered", ""),
    ("answer", ANSWERS, "offered", ""),
    ("counter", ANSWERS, "offered", ""),
    ("accept_counter", STAFF, "in_progress", "no_counter"),
    ("decline_counter", STAFF, "in_progress", "no_counter"),
    ("expire_offer", "system", "offered", "offer_still_open"),
    // 履行、退回、撤诉
    ("perform", STAFF, "settled", ""),
    ("breach", AT_DESK, "settled", ""),
    ("hand_back", STAFF, NEGOTIATING, ""),
    ("withdraw", AT_DESK, LIVE, ""),
    ("withdraw_consent", AT_DESK, READABLE, ""),
    ("erase", "system", READABLE, ""),
    // 中心督促，办结之后
    ("urge", "center", OURS, ""),
    ("supervise", "center", OURS, ""),
    ("rate", AT_DESK, "closed", ""),
    ("reopen", AT_DESK, "closed", ""),
    // 场内商户
    ("assign", STAFF, TALKING, ""),
    ("unassign", STAFF, TALKING, "no_tenant"),
    ("tenant_state", "tenant", TALKING, "no_tenant"),
    // 系统
    ("move_advance", "system", "settled", ""),
    ("note_expiry", "system", LIVE, "not_due_yet"),
    ("escalate", "system", LIVE, "not_due_yet"),
    ("move_clock", "system", LIVE, "not_due_yet"),
    ("record_receipt", "system", READABLE, ""),
    // 来件与查阅
    ("keep_notice", "center", READABLE, ""),
    ("reveal", READERS, READABLE, ""),
    ("show_payee", "cashier", READABLE, "nothing_to_pay"),
];

fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|entry| entry == word)
}

/// Somebody of this role who is neither outsider nor drafter.
fn right_one(role: Role) -> &'static str {
    let found = PEOPLE.iter().find(|(name, known, _)| *known == role && *name != "主管");
    found.expect("every role has somebody").0
}

fn role(code: &str) -> Role {
    Role::from_code(code).unwrap_or_else(|| panic!("there is no role {code}"))
}

fn action(code: &str) -> Action {
    Action::from_code(code).unwrap_or_else(|| panic!("there is no action {code}"))
}

fn outcome(world: &World, who: &str, what: &str) -> Result<(), String> {
    world.attempt(who, what).map(|_| ()).map_err(|refusal| code(&refusal))
}

#[test]
fn every_action_has_its_row_and_every_row_names_known_states_and_roles() {
    for known in Action::ALL {
        let rows = ACTIONS.iter().filter(|(code, ..)| *code == known.code()).count();
        assert_eq!(rows, 1, "{}", known.code());
    }
    for (_, roles, states, _) in ACTIONS {
        for code in roles.split_whitespace() {
            assert!(Role::from_code(code).is_some(), "{code}");
        }
        for code in states.split_whitespace() {
            assert!(StateName::from_code(code).is_some(), "{code}");
        }
    }
}

#[test]
fn every_action_in_every_state_does_what_the_table_says() {
    let (mut rows, mut wrong) = (0, Vec::new());
    for state in StateName::ALL {
        let world = prepared(state.label_zh(), "—").expect("every state can be reached");
        for (name, roles, states, lacks) in ACTIONS {
            let first = roles.split_whitespace().next().expect("one at least");
            let found = outcome(&world, right_one(role(first)), plainest(action(name)));
            let expected = match (listed(states, state.code()), lacks) {
                (true, "") => Ok(()),
                (true, lacks) => Err(lacks.to_owned()),
                (false, _) => Err(state.refusal_code().to_owned()),
            };
            if found != expected {
                wrong.push(format!("{name} when {}: {found:?}", state.code()));
            }
            rows += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows, 470);
}

#[test]
fn every_action_by_every_role_does_what_the_table_says() {
    let (mut rows, mut wrong) = (0, Vec::new());
    for (name, roles, states, _) in ACTIONS {
        let state = states.split_whitespace().next().expect("one at least");
        let state = StateName::from_code(state).expect("a state");
        let world = prepared(state.label_zh(), "—").expect("every state can be reached");
        for role in Role::ALL {
            let found = outcome(&world, right_one(role), plainest(action(name)));
            let refused = found == Err("role_not_permitted".to_owned());
            if refused == listed(roles, role.code()) {
                wrong.push(format!("{name} by {}: {found:?}", role.code()));
            }
            rows += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(rows, 564);
}

/// What only the command can see: whether a clock is due, and whether a day has gone by.
fn beyond_choices(action: Action, code: &str) -> bool {
    let by_clock = [Action::NoteExpiry, Action::Escalate, Action::MoveClock].contains(&action);
    let by_day = action == Action::AcceptCounter && code == "field_invalid:perform_by";
    // Which advance it is, only the fund can see.
    let by_fund = action == Action::MoveAdvance && code.starts_with("case_is_");
    by_day || by_fund || (by_clock && code == "not_due_yet")
}

#[test]
fn the_list_of_choices_and_the_command_never_disagree() {
    let (mut worlds, mut wrong) = (0, Vec::new());
    for circumstance in CIRCUMSTANCES {
        let mut reached = 0;
        for state in StateName::ALL {
            // Not every circumstance goes with every state.
            let Ok(world) = prepared(state.label_zh(), circumstance.name) else { continue };
            reached += 1;
            for (who, ..) in PEOPLE {
                let offered = choices(&world.case, &actor(who), &world.policy.rules, world.now);
                for choice in offered {
                    let found = outcome(&world, who, plainest(choice.action));
                    let told = choice.why_not.as_ref().map_or(Ok(()), |why| Err(code(why)));
                    let beyond = match (&told, &found) {
                        (Ok(()), Err(code)) => beyond_choices(choice.action, code),
                        (Ok(()), Ok(())) | (Err(_), _) => false,
                    };
                    if found != told && !beyond {
                        let (name, state) = (circumstance.name, state.label_zh());
                        let action = choice.action.code();
                        wrong.push(format!("{state}，{name}，{who} {action}: {told:?} {found:?}"));
                    }
                }
            }
        }
        let opens = circumstance.diverted.is_none();
        assert_eq!(reached > 0, opens, "{} goes with no state", circumstance.name);
        worlds += reached;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(worlds > 150, "only {worlds} cases were looked at");
}
