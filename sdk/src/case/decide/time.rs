//! Time: what makes clocks stand still, go on, grow longer and run out, and who is told.

use super::{Act, Decided, Decision, invalid, is_later_than, said, text};
use crate::case::clocks::{Clock, ClockKind, Pause};
use crate::case::command::Command;
use crate::case::event::Event;
use crate::case::permit::may_stop_clocks;
use crate::case::reasons::{PauseGround, ReportKind, Rung};
use crate::case::refusal::{Circumstance, RefusalCode};
use crate::case::rules::OnExpiry;
use crate::case::state::CaseClock;
use crate::case::timers;
use crate::privacy::Personal;
use crate::time::{Date, Timestamp};

/// How long a consumer may take to reply where the rule set says nothing of it, in days.
const REPLY_DAYS: u32 = 30;

impl Act<'_> {
    /// The commands of this room; no other comes here.
    pub(super) fn decide_time(&self, command: &Command) -> Decided {
        match command {
            Command::AskSupplement { reply_by, text } => self.ask_supplement(*reply_by, text),
            Command::LapseSupplement => {
                // The clock goes on when the day is over, not when somebody notes it.
                let asked = self.case.asked.as_ref().ok_or(Circumstance::NothingAsked)?;
                let over = Timestamp::end_of(asked.reply_by).plus_millis(1);
                let lapsed = Decision::of(Event::SupplementLapsed {});
                self.resume_after(lapsed, PauseGround::Supplement, over)
            }
            Command::Pause { until, reason } => self.examine(*until, reason),
            Command::LapsePause => {
                // The clock goes on when the day is over, not when somebody notes it.
                let until = self.case.pause.as_ref().and_then(|pause| pause.until);
                let over = Timestamp::end_of(until.ok_or(Circumstance::NotPaused)?).plus_millis(1);
                let lapsed = Decision::of(Event::PauseLapsed {});
                let resumed = self.resume_after(lapsed, PauseGround::Examination, over)?;
                Ok(resumed.report(ReportKind::Resumed))
            }
            Command::Resume { reason } => {
                text("reason", reason)?;
                let clocks = self.clocks_after_pause(self.examined_until())?;
                let resumed = Decision::of(Event::Resumed { clocks }).with("reason", reason);
                Ok(resumed.report(ReportKind::Resumed))
            }
            Command::AskExtension { reason } => self.ask_extension(reason),
            Command::AnswerExtension { granted, text } => {
                self.answer_extension(*granted, text.as_ref())
            }
            Command::Extend { reason } => self.extend(reason),
            Command::Urge => self.urge(),
            Command::Supervise { reply_by } => {
                Ok(Decision::of(Event::Supervised { reply_by: *reply_by }))
            }
            Command::NoteExpiry { clock, start_at } => self.note_expiry(*clock, *start_at),
            Command::Escalate { clock, start_at, step } => self.escalate(*clock, *start_at, *step),
            Command::MoveClock { clock, start_at } => self.move_clock(*clock, *start_at),
            // By the table in `decide` nothing else comes here.
            _ => Err(Circumstance::NotDueYet.into()),
        }
    }

    /// 请消费者补充: the settlement clock stands still, where the rule set says so.
    fn ask_supplement(&self, reply_by: Date, words: &Personal<String>) -> Decided {
        let today = self.now.civil_date();
        if reply_by < today {
            return Err(invalid("reply_by", "choose today or a later day"));
        }
        let rules = &self.policy.rules;
        let longest = rules.pause(PauseGround::Supplement).map_or(REPLY_DAYS, |rule| rule.days);
        if is_later_than(reply_by, today, longest) {
            return Err(invalid("reply_by", "the rule set does not let the consumer take so long"));
        }
        let asked = said(Event::SupplementAsked { reply_by }, "text", words)?;
        let asked = asked.report(ReportKind::SupplementAsked);
        // The question may always be asked; the clock stands still only so often, and in time.
        match may_stop_clocks(self.case, rules, PauseGround::Supplement, self.now) {
            Ok(()) => Ok(self.pause(asked, PauseGround::Supplement, None)),
            Err(_) => Ok(asked),
        }
    }

    /// 鉴定、检测: for as long as it was said to take, and no longer than the rule set lets it.
    fn examine(&self, until: Date, reason: &Personal<String>) -> Decided {
        let today = self.now.civil_date();
        if until < today {
            return Err(invalid("until", "choose today or a later day"));
        }
        let longest = self.policy.rules.pause(PauseGround::Examination).map(|rule| rule.days);
        if longest.is_some_and(|days| is_later_than(until, today, days)) {
            return Err(invalid("until", "the rule set does not let an examination take so long"));
        }
        text("reason", reason)?;
        let paused = self.pause(Decision::default(), PauseGround::Examination, Some(until));
        Ok(paused.with("reason", reason).report(ReportKind::Paused))
    }

    /// An examination ends when somebody says so, and no later than it was said to.
    fn examined_until(&self) -> Timestamp {
        let until = self.case.pause.as_ref().and_then(|pause| pause.until);
        until.map_or(self.now, |day| self.now.min(Timestamp::end_of(day).plus_millis(1)))
    }

    fn pause(&self, decision: Decision, ground: PauseGround, until: Option<Date>) -> Decision {
        let clocks = self.policy.rules.paused_by(ground).to_vec();
        decision.and(Event::Paused { ground, clocks, until })
    }

    /// What stood still on this ground goes on, after what this decision already says.
    pub(super) fn resume_after(
        &self,
        decision: Decision,
        ground: PauseGround,
        to_at: Timestamp,
    ) -> Decided {
        if self.case.pause.as_ref().is_none_or(|pause| pause.ground != ground) {
            return Ok(decision);
        }
        Ok(decision.and(Event::Resumed { clocks: self.clocks_after_pause(to_at)? }))
    }

    /// The clocks that stand still, each with the deadline it has when it goes on then.
    fn clocks_after_pause(&self, to_at: Timestamp) -> Result<Vec<Clock>, RefusalCode> {
        let mut clocks = Vec::new();
        for entry in self.case.clocks.iter().filter(|entry| entry.stopped_at.is_none()) {
            let Some(from_at) = entry.paused_at else { continue };
            let pause = Pause { from_at, to_at };
            clocks.push(entry.clock.after_pause(pause, &self.policy.calendar)?);
        }
        Ok(clocks)
    }

    fn ask_extension(&self, reason: &Personal<String>) -> Decided {
        let rule = self.policy.rules.extension();
        let rule = rule.ok_or(Circumstance::NoMoreExtension)?;
        let event = Event::ExtensionAsked { clock: rule.clock, length: rule.length };
        Ok(said(event, "reason", reason)?.report(ReportKind::ExtensionAsked))
    }

    fn answer_extension(&self, granted: bool, words: Option<&Personal<String>>) -> Decided {
        let asked = self.case.extension_asked.as_ref().ok_or(Circumstance::NoExtensionAsked)?;
        let event = if granted {
            Event::Extended { clock: self.longer(asked.clock, asked.length)? }
        } else {
            Event::ExtensionRefused {}
        };
        Ok(Decision::of(event).with_some("text", words))
    }

    /// 延长办理期限 by the supervisor, where the rule set lets the merchant decide.
    fn extend(&self, reason: &Personal<String>) -> Decided {
        text("reason", reason)?;
        let rule = self.policy.rules.extension();
        let rule = rule.ok_or(Circumstance::NoMoreExtension)?;
        let clock = self.longer(rule.clock, rule.length)?;
        let extended = Decision::of(Event::Extended { clock }).with("reason", reason);
        Ok(extended.report(ReportKind::Extended))
    }

    fn longer(&self, kind: ClockKind, units: u32) -> Result<Clock, RefusalCode> {
        let entry = self.case.running(kind).ok_or(Circumstance::NoMoreExtension)?;
        Ok(entry.clock.extended_by(units, &self.policy.calendar)?)
    }

    /// 催办: one reminder, one clock; a second reminder does not give more time.
    fn urge(&self) -> Decided {
        let rule = self.policy.rules.clock(ClockKind::Urge);
        let rule = rule.filter(|_| self.case.running(ClockKind::Urge).is_none());
        let clock = rule.map(|rule| Clock::start(rule, self.now, &self.policy.calendar));
        Ok(Decision::of(Event::Urged { clock: clock.transpose()? }))
    }

    /// 超期: remembered for good. What follows is what the rule set says, and never a silent act.
    fn note_expiry(&self, kind: ClockKind, start_at: Timestamp) -> Decided {
        let due = |entry: &&CaseClock| {
            entry.clock.kind == kind
                && entry.clock.start_at == start_at
                && entry.is_running()
                && !entry.missed.contains(&entry.clock.due_at)
                && entry.overdue_millis(self.now).is_some()
        };
        let entry = self.case.clocks.iter().find(due).ok_or(Circumstance::NotDueYet)?;
        let due_at = entry.clock.due_at;
        let noted = Decision::of(Event::ClockExpired { clock: kind, due_at });
        let then = self.policy.rules.clock(kind).map_or(OnExpiry::Warn, |rule| rule.on_expiry);
        Ok(match then {
            OnExpiry::Warn => noted,
            OnExpiry::Escalate => noted.and(Event::Escalated {
                clock: kind,
                start_at,
                step: None,
                to: Rung::Supervisor,
            }),
            OnExpiry::DraftHandback
                if self.case.state.name().is_negotiating() && !self.case.handback_drafted =>
            {
                noted.and(Event::HandbackDrafted {})
            }
            OnExpiry::DraftHandback => noted,
        })
    }

    /// One step of the ladder, once.
    fn escalate(&self, kind: ClockKind, start_at: Timestamp, step: u32) -> Decided {
        self.entry(kind, start_at)?;
        let due = timers::ladder(self.case, self.policy);
        let due = due.into_iter().find(|one| {
            one.clock == kind && one.start_at == start_at && one.step == step && one.at <= self.now
        });
        let due = due.ok_or(Circumstance::NotDueYet)?;
        let event = Event::Escalated { clock: kind, start_at, step: Some(step), to: due.to };
        Ok(Decision::of(event))
    }

    /// A new calendar: the same sum over other days.
    fn move_clock(&self, kind: ClockKind, start_at: Timestamp) -> Decided {
        let entry = self.entry(kind, start_at)?;
        let clock = entry.clock.again(&self.policy.calendar)?;
        if clock == entry.clock {
            return Err(Circumstance::NotDueYet.into());
        }
        Ok(Decision::of(Event::ClockMoved { clock }))
    }

    fn entry(&self, kind: ClockKind, start_at: Timestamp) -> Result<&CaseClock, RefusalCode> {
        let same = |entry: &&CaseClock| {
            entry.clock.kind == kind
                && entry.clock.start_at == start_at
                && entry.stopped_at.is_none()
        };
        let found = self.case.clocks.iter().find(same);
        found.ok_or_else(|| Circumstance::NotDueYet.into())
    }
}
