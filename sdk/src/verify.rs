//! Checking a log without asking anybody: from its entries, its checkpoint and its key alone.
//!
//! It replays every case through the same [`permit`] and [`Case::apply`] that wrote it and computes
//! every deadline again. It knows nothing of storage, networks or the time now, and holds one folded case per
//! stream in memory.

mod fund;
mod particulars;

use std::collections::BTreeMap;

pub(crate) use self::fund::FundCheck;
use self::particulars::Wrong;
use crate::calendar::Calendar;
use crate::case::{Actor, Case, Clock, Role, RuleSet, Stamped, permit};
use crate::fund::FundStamped;
use crate::ids::Pseudonym;
use crate::indicators::{Indicator, Indicators};
use crate::log::{
    Checkpoint, CheckpointError, Frontier, Hash, Leaf, LeafError, NoteError, NoteVerifier,
    leaf_hash,
};
use crate::time::Date;

/// What is wrong with a log, and where. The first fault ends the check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The verifier key does not read.
    #[error("the verifier key: {0}")]
    Key(#[from] NoteError),
    /// The checkpoint is not believed.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// An entry is no leaf.
    #[error("entry {position}: {error}")]
    Leaf {
        /// Where.
        position: u64,
        /// Why.
        error: LeafError,
    },
    /// An entry belongs to another log.
    #[error("entry {position}: it names another log")]
    Origin {
        /// Where.
        position: u64,
    },
    /// A stream misses an entry, or has it twice or changed.
    #[error("entry {position}: it does not follow the entry before it in its stream")]
    Chain {
        /// Where.
        position: u64,
    },
    /// An event that cannot have happened to its case.
    #[error("entry {position}: {reason}")]
    Illegal {
        /// Where.
        position: u64,
        /// Why not.
        reason: String,
    },
    /// A deadline that the calendar does not give.
    #[error("entry {position}: the calendar gives another deadline")]
    Deadline {
        /// Where.
        position: u64,
    },
    /// Fewer or more entries than the checkpoint says.
    #[error("the checkpoint is of {signed} entries, but there are {found}")]
    Size {
        /// As signed.
        signed: u64,
        /// As found.
        found: u64,
    },
    /// The entries give another root.
    #[error("the entries give another root than the checkpoint")]
    Root,
}

impl Fault {
    /// What it means, for an auditor.
    #[must_use]
    pub fn message_zh(&self) -> String {
        let at = |position: &u64| format!("第 {} 条存证", position + 1);
        match self {
            Self::Key(_) => "核验公钥无法识别".to_owned(),
            Self::Checkpoint(_) => "检查点的签名或格式不可信".to_owned(),
            Self::Leaf { position, .. } => format!("{}不是有效的存证", at(position)),
            Self::Origin { position } => format!("{}属于另一份日志", at(position)),
            Self::Chain { position } => {
                format!("{}与同一案件的前一条不衔接（缺失、重复或被改动）", at(position))
            }
            Self::Illegal { position, .. } => format!("{}不符合办理规则", at(position)),
            Self::Deadline { position } => format!("{}的期限与工作日历不符", at(position)),
            Self::Size { signed, found } => {
                format!("检查点签的是 {signed} 条，实有 {found} 条")
            }
            Self::Root => "全部存证算出的根与检查点不符".to_owned(),
        }
    }
}

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The head that holds.
    pub checkpoint: Checkpoint,
    /// How many cases were replayed.
    pub cases: u64,
    /// How many deadlines were computed again.
    pub deadlines: u64,
    /// How many could not be: their calendar or rule set is not one this program carries.
    pub not_judged: u64,
    /// How many cases stand in each state, by code.
    pub states: BTreeMap<&'static str, u64>,
    /// The indicators of the period that was asked for; none when none was.
    pub indicators: Vec<Indicator>,
}

struct Stream {
    next: u64,
    head: Hash,
    told: Option<Told>,
}

/// A case as far as it was replayed, and its last event.
struct Told {
    case: Case,
    last: Stamped,
}

/// A check in progress: feed the entries in order, then finish.
pub struct LogCheck {
    origin: String,
    known: NoteVerifier,
    calendar: Calendar,
    frontier: Frontier,
    streams: BTreeMap<String, Stream>,
    rules: BTreeMap<String, RuleSet>,
    fund: FundCheck,
    deadlines: u64,
    not_judged: u64,
    indicators: Option<Indicators>,
}

impl LogCheck {
    /// Begins a check of the log whose verifier key this is.
    ///
    /// # Errors
    /// When the key does not read.
    pub fn begin(vkey: &str, calendar: Calendar) -> Result<Self, Fault> {
        let known = NoteVerifier::parse(vkey)?;
        Ok(Self {
            origin: known.name().to_owned(),
            known,
            calendar,
            frontier: Frontier::empty(),
            streams: BTreeMap::new(),
            rules: RuleSet::shipped().into_iter().map(|set| (set.id.clone(), set)).collect(),
            fund: FundCheck::default(),
            deadlines: 0,
            not_judged: 0,
            indicators: None,
        })
    }

    /// Computes the indicators of a period as well.
    #[must_use]
    pub fn with_indicators(mut self, from: Date, to: Date) -> Self {
        self.indicators = Some(Indicators::begin(from, to));
        self
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn entry(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let position = self.frontier.size();
        let leaf = Leaf::parse(bytes).map_err(|error| Fault::Leaf { position, error })?;
        if leaf.origin != self.origin {
            return Err(Fault::Origin { position });
        }
        let hash = leaf_hash(bytes);
        let before = self.streams.remove(&leaf.stream);
        let (next, prev) = before.as_ref().map_or((0, None), |s| (s.next, Some(s.head)));
        if leaf.n != next || leaf.prev != prev {
            return Err(Fault::Chain { position });
        }
        if leaf.stream == "fund" {
            let illegal = |reason: String| Fault::Illegal { position, reason };
            let unknown = || illegal(format!("{} is no event of the fund", leaf.kind));
            let stamped = fund_stamped(&leaf).ok_or_else(unknown)?;
            if let Some(indicators) = &mut self.indicators {
                indicators.fund_event(&stamped);
            }
            self.fund.entry(leaf.n, stamped).map_err(illegal)?;
        }
        // The named streams (host, fund, admin) tell no case.
        let told = match leaf.stream.parse::<Pseudonym>() {
            Ok(stream) => {
                let told = before.and_then(|stream| stream.told);
                Some(self.replay(position, stream, &leaf, told)?)
            }
            Err(_) => None,
        };
        self.streams.insert(leaf.stream, Stream { next: next + 1, head: hash, told });
        self.frontier.append(hash);
        Ok(())
    }

    fn replay(
        &mut self,
        position: u64,
        stream: Pseudonym,
        leaf: &Leaf,
        told: Option<Told>,
    ) -> Result<Told, Fault> {
        let illegal = |reason: String| Fault::Illegal { position, reason };
        let unknown = || illegal(format!("{} is no event of a case", leaf.kind));
        let stamped = stamped(leaf).ok_or_else(unknown)?;
        let rules = leaf.rules.as_deref().unwrap_or_default();
        if told.as_ref().is_some_and(|told| told.case.rules != rules) {
            return Err(illegal("a case keeps the rule set it began with".to_owned()));
        }
        let named = self.rules.get(rules);
        let (case, last) = match told {
            None => (None, None),
            Some(Told { case, last }) => (Some(case), Some(last)),
        };
        particulars::hold(case.as_ref(), &stamped, last.as_ref(), named).map_err(|wrong| {
            match wrong {
                Wrong::Deadline => Fault::Deadline { position },
                Wrong::Event(reason) => illegal(reason.to_owned()),
            }
        })?;
        // The same table that let it happen: role, state, first responder, second person, dates.
        if let Some(case) = &case
            && let Some(action) = stamped.event.action(case)
        {
            permit(case, action, &stamped.actor, named, stamped.at)
                .map_err(|refusal| illegal(refusal.to_string()))?;
        }
        let is_known = named.is_some();
        let was_over = case.as_ref().is_some_and(|case| case.state.name().is_over());
        if let Some(indicators) = &mut self.indicators {
            indicators.case_event(stream, case.as_ref(), &stamped, named, &self.calendar);
        }
        for clock in stamped.event.clocks() {
            self.deadline(position, leaf, clock, is_known)?;
        }
        let folded = match case {
            None => Case::begin(&stamped, rules),
            Some(case) => case.apply(&stamped),
        };
        let case = folded.map_err(|error| illegal(error.to_string()))?;
        if let Some(indicators) = &mut self.indicators {
            indicators.case_stands(&case, was_over, stamped.at);
        }
        Ok(Told { case, last: stamped })
    }

    /// Computes a deadline again. What is bound to another calendar version or to a rule set that
    /// this program does not carry is counted, not judged.
    fn deadline(
        &mut self,
        position: u64,
        leaf: &Leaf,
        clock: &Clock,
        is_known: bool,
    ) -> Result<(), Fault> {
        if leaf.calendar.as_deref() != Some(self.calendar.version()) || !is_known {
            self.not_judged += 1;
            return Ok(());
        }
        match clock.due_again(&self.calendar) {
            Ok(due) if due == clock.due_at => {
                self.deadlines += 1;
                Ok(())
            }
            _ => Err(Fault::Deadline { position }),
        }
    }

    /// Holds the entries against the signed checkpoint.
    ///
    /// # Errors
    /// When it is not believed, or of other entries.
    pub fn finish(self, note: &str) -> Result<Verified, Fault> {
        let checkpoint = Checkpoint::verify(note, &self.origin, &[self.known])?;
        let found = self.frontier.size();
        if checkpoint.size != found {
            return Err(Fault::Size { signed: checkpoint.size, found });
        }
        if checkpoint.root != self.frontier.root() {
            return Err(Fault::Root);
        }
        let mut states = BTreeMap::new();
        for told in self.streams.values().filter_map(|stream| stream.told.as_ref()) {
            *states.entry(told.case.state.name().code()).or_insert(0) += 1;
        }
        let cases = states.values().sum();
        Ok(Verified {
            checkpoint,
            cases,
            deadlines: self.deadlines,
            not_judged: self.not_judged,
            states,
            indicators: self.indicators.map(Indicators::finish).unwrap_or_default(),
        })
    }
}

/// The event of a leaf of the fund with when and who, if it holds one.
#[must_use]
pub fn fund_stamped(leaf: &Leaf) -> Option<FundStamped> {
    let event = serde_json::json!({ "kind": leaf.kind, "data": leaf.data });
    Some(FundStamped {
        at: leaf.at,
        actor: Actor { role: Role::from_code(&leaf.actor.role)?, pseudonym: leaf.actor.pseudonym },
        event: serde_json::from_value(event).ok()?,
    })
}

/// The event of a case's leaf with when and who, if it holds one.
#[must_use]
pub fn stamped(leaf: &Leaf) -> Option<Stamped> {
    let event = serde_json::json!({ "kind": leaf.kind, "data": leaf.data });
    Some(Stamped {
        at: leaf.at,
        actor: Actor { role: Role::from_code(&leaf.actor.role)?, pseudonym: leaf.actor.pseudonym },
        event: serde_json::from_value(event).ok()?,
    })
}
