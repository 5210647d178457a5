//! One case, the rules it is bound to and the time; people under the names of the tables; and what
//! a step changed, in the words of the tables.

use green_channel::calendar::Calendar;
use green_channel::case::{
    Action, Actor, Case, CaseClock, Command, Decision, Effect, Event, Intake, Policy, Refusal,
    RefusalCode, ReportKind, Role, RuleSet, Stamped, decide, permit, receive, withdrawn_unseen,
};
use green_channel::ids::Pseudonym;
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::Timestamp;

use crate::circumstances::Circumstance;
use crate::commands::command;

/// Up to here a clerk offers alone: 5000 yuan.
pub(crate) const CLERK_LIMIT_FEN: i64 = 500_000;

/// 称呼 — 岗位 — 是哪一个人。
pub(crate) const PEOPLE: [(&str, Role, u8); 14] = [
    ("12315中心", Role::Center, 5),
    ("受理员", Role::Clerk, 1),
    ("另一受理员", Role::Clerk, 2),
    ("主管", Role::Supervisor, 3),
    ("另一主管", Role::Supervisor, 4),
    ("负责人", Role::Manager, 9),
    ("出纳", Role::Cashier, 10),
    ("系统管理员", Role::Administrator, 8),
    ("安全管理员", Role::SecurityAdministrator, 11),
    ("审计员", Role::Auditor, 7),
    ("监管查阅", Role::Regulator, 12),
    ("场内商户", Role::Tenant, 13),
    ("消费者", Role::Consumer, 14),
    ("系统", Role::System, 6),
];

/// The one of this name.
pub(crate) fn actor(name: &str) -> Actor {
    let found = PEOPLE.iter().find(|(known, _, _)| *known == name);
    let (_, role, who) = found.unwrap_or_else(|| panic!("nobody is called {name}"));
    Actor { role: *role, pseudonym: Pseudonym::new([*who; 16]) }
}

/// An instant in Beijing, written `2026-11-24T10:00`.
pub(crate) fn instant(text: &str) -> Timestamp {
    format!("{text}:00+08:00").parse().expect("an instant")
}

/// Some words.
pub(crate) fn words() -> Personal<String> {
    Personal::new("若干情况说明".to_owned())
}

/// A case, what it is measured against, and the time.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) case: Case,
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
}

/// What somebody did, and the world after it.
pub(crate) struct Step {
    pub(crate) world: World,
    pub(crate) events: Vec<Event>,
    pub(crate) effects: Vec<Effect>,
}

impl World {
    /// What comes of it when this person does this.
    pub(crate) fn attempt(&self, who: &str, what: &str) -> Result<Step, Refusal> {
        let actor = actor(who);
        self.act(actor, &command(what, &actor, self))
    }

    /// The world after the software did what is due.
    pub(crate) fn obey(&self, due: &Command) -> Self {
        self.act(actor("系统"), due).expect("what is due is allowed").world
    }

    /// Decides and folds, and holds what is read off the events against what was decided.
    fn act(&self, actor: Actor, command: &Command) -> Result<Step, Refusal> {
        let decision = decide(&self.case, command, &actor, &self.policy, self.now)?;
        let mut case = self.case.clone();
        let (mut events, mut actions, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        for record in decision.records {
            let stamped = Stamped { at: self.now, actor, event: record.event };
            if let Some(action) = stamped.event.action(&case) {
                // What was decided with the rule set a verifier without it allows too.
                permit(&case, action, &actor, None, self.now).expect("a verifier allows it");
                actions.push(action);
            }
            reports.extend(stamped.event.report(Some(&case), &actor));
            case = case.apply(&stamped).expect("what is decided can be applied");
            events.push(stamped.event);
        }
        // An offer of ours first declines what the consumer proposed.
        actions.retain(|one| *one != Action::DeclineCounter || command.action() == *one);
        assert_eq!(actions, [command.action()]);
        assert_eq!(reports, reported(&decision.effects), "{}", command.action().code());
        let world = Self { case, policy: self.policy.clone(), now: self.now };
        Ok(Step { world, events, effects: decision.effects })
    }

    /// Whether the case is in the state of this name.
    pub(crate) fn is_in(&self, state: &str) -> bool {
        self.case.state.name().label_zh() == state
    }

    /// The action that a command of this name is.
    pub(crate) fn action(&self, who: &str, what: &str) -> Action {
        command(what, &actor(who), self).action()
    }
}

/// The case as it opens, or why none does.
pub(crate) fn opened(circumstance: &Circumstance) -> Result<Step, Refusal> {
    let now = instant(circumstance.begins);
    let policy = policy(circumstance.rules);
    let intake = Intake {
        origin: circumstance.origin,
        diverted_at: circumstance.diverted.map_or(now, instant),
        repeat: 0,
        complaint_no: words(),
        body: words(),
    };
    let decision = receive(&intake, &policy, now)?;
    let who = if circumstance.origin.is_desk() { "受理员" } else { "12315中心" };
    Ok(begun(decision, actor(who), policy, now))
}

/// The case that takes the number when the consumer withdrew before the diversion came.
pub(crate) fn unseen(consent: bool, circumstance: &Circumstance) -> Step {
    let (policy, now) = (policy(circumstance.rules), instant(circumstance.begins));
    begun(withdrawn_unseen(consent), actor("12315中心"), policy, now)
}

fn begun(decision: Decision, actor: Actor, policy: Policy, now: Timestamp) -> Step {
    let event = decision.records.into_iter().next().expect("one event").event;
    let reports: Vec<ReportKind> = event.report(None, &actor).into_iter().collect();
    assert_eq!(reports, reported(&decision.effects));
    let first = Stamped { at: now, actor, event };
    let case = Case::begin(&first, &policy.rules.id).expect("it begins");
    let world = World { case, policy, now };
    Step { world, events: vec![first.event], effects: decision.effects }
}

fn policy(rules: &str) -> Policy {
    Policy {
        rules: RuleSet::named(rules).expect("shipped"),
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(CLERK_LIMIT_FEN),
        retention_years: 3,
    }
}

/// The reports among the effects.
pub(crate) fn reported(effects: &[Effect]) -> Vec<ReportKind> {
    let reports = effects.iter().filter_map(|effect| match effect {
        Effect::Report(kind) => Some(*kind),
        Effect::DestroyKey => None,
    });
    reports.collect()
}

/// What a step changed, in the words of the table; the whole of it, so that what is not written
/// there did not happen.
pub(crate) fn change(before: Option<&World>, step: &Step) -> String {
    let after = &step.world.case;
    let before = before.map(|world| &world.case);
    let mut parts = vec![after.state.name().label_zh().to_owned()];
    let reports: Vec<_> = reported(&step.effects).iter().map(|kind| kind.label_zh()).collect();
    if !reports.is_empty() {
        parts.push(format!("回传 {}", reports.join("、")));
    }
    for (index, clock) in after.clocks.iter().enumerate() {
        let earlier = before.and_then(|case| case.clocks.get(index));
        parts.extend(clock_change(earlier, clock));
    }
    if after.handback_drafted && before.is_none_or(|case| !case.handback_drafted) {
        parts.push("草拟退回".to_owned());
    }
    let known = before.map_or(0, |case| case.escalations.len());
    for told in after.escalations.iter().skip(known) {
        parts.push(format!("提醒 {}", told.to.label_zh()));
    }
    if step.effects.contains(&Effect::DestroyKey) {
        parts.push("销毁密钥".to_owned());
    }
    parts.join("；")
}

fn clock_change(before: Option<&CaseClock>, after: &CaseClock) -> Option<String> {
    let name = after.clock.kind.label_zh();
    let due = after.clock.due_at.civil_date().to_string();
    let due = if after.clock.provisional { format!("{due}（暂定）") } else { due };
    let Some(before) = before else { return Some(format!("{name}起算，至{due}")) };
    if before.stopped_at != after.stopped_at {
        return Some(format!("{name}停止"));
    }
    if before.paused_at != after.paused_at {
        return Some(match after.paused_at {
            Some(_) => format!("{name}暂停"),
            None => format!("{name}恢复，至{due}"),
        });
    }
    if before.clock.extended != after.clock.extended {
        return Some(format!("{name}延至{due}"));
    }
    if before.clock.due_at != after.clock.due_at {
        return Some(format!("{name}改至{due}"));
    }
    (before.missed != after.missed).then(|| format!("{name}超期"))
}

/// The code of a refusal, with the field at fault where it is one.
pub(crate) fn code(refusal: &Refusal) -> String {
    match &refusal.code {
        RefusalCode::FieldInvalid { field, .. } => format!("field_invalid:{field}"),
        RefusalCode::RoleNotPermitted
        | RefusalCode::WrongState
        | RefusalCode::NotFirstResponder
        | RefusalCode::SamePerson
        | RefusalCode::OfferUnknown
        | RefusalCode::OfferExpired
        | RefusalCode::OfferStillOpen
        | RefusalCode::Circumstance(_)
        | RefusalCode::NoDeadline(_) => refusal.code().to_owned(),
    }
}
