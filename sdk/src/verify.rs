//! Checking a log without asking anybody: from its entries, its checkpoint and its key alone.
//!
//! It replays every case through the same [`permit`] and [`Case::apply`] that wrote it and computes
//! every deadline again. It knows nothing of storage, networks or the time now, and holds one folded case per
//! stream in memory.

mod fault;
mod fund;
mod particulars;
mod rulebook;

use std::collections::{BTreeMap, HashMap};

pub use self::fault::Fault;
pub(crate) use self::fund::FundCheck;
use self::particulars::Wrong;
pub(crate) use self::rulebook::loaded_name;
pub use self::rulebook::{Brought, Rulebook};
use crate::calendar::Calendar;
use crate::case::{Actor, Case, Clock, Role, Stamped, permit};
use crate::fund::{Account, FundStamped};
use crate::ids::Pseudonym;
use crate::indicators::{Indicator, Indicators};
use crate::log::{
    Believed, Checkpoint, CheckpointError, Frontier, Hash, Leaf, LeafView, TilePath, Tiling,
    leaf_hash,
};
use crate::money::Fen;
use crate::time::{Date, Timestamp};

/// What was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The head that holds.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned it, and when.
    pub witnesses: Vec<(String, Timestamp)>,
    /// How many cases were replayed.
    pub cases: u64,
    /// How many deadlines were computed again.
    pub deadlines: u64,
    /// How many could not be: nothing here explains their calendar or rule set.
    pub not_judged: u64,
    /// How many cases stand in each state, by code.
    pub states: BTreeMap<&'static str, u64>,
    /// How many entries the fund has.
    pub fund_entries: u64,
    /// What is on every account of the fund.
    pub balances: Vec<(Account, Fen)>,
    /// The indicators of each period that was asked for, in that order.
    pub indicators: Vec<Vec<Indicator>>,
}

/// A stream as far as it was read: how many entries, and the hash of the last.
#[derive(Clone, Copy)]
struct Head {
    next: u64,
    hash: Hash,
}

/// A case as far as it was replayed, and its last event.
struct Told {
    head: Head,
    case: Case,
    last: Stamped,
}

/// An entry that was taken, for whoever follows the check.
pub struct Taken<'a> {
    /// It.
    pub leaf: &'a LeafView<'a>,
    /// Its hash.
    pub hash: Hash,
    /// What it is to the fund, if it is of the fund.
    pub fund: Option<&'a FundStamped>,
}

/// A check in progress: feed the entries in order, then finish.
pub struct LogCheck {
    origin: String,
    book: Rulebook,
    frontier: Frontier,
    tiling: Tiling,
    cases: HashMap<Pseudonym, Told>,
    /// host, fund and admin tell no case.
    named: BTreeMap<String, Head>,
    fund: FundCheck,
    earlier: Option<Checkpoint>,
    deadlines: u64,
    not_judged: u64,
    last_at: Option<Timestamp>,
    indicators: Vec<Indicators>,
    /// Where an event is put together to be read.
    buffer: Vec<u8>,
}

impl LogCheck {
    /// Begins a check of the log with this origin, by these rules.
    #[must_use]
    pub fn begin(origin: &str, book: Rulebook) -> Self {
        Self {
            origin: origin.to_owned(),
            book,
            frontier: Frontier::empty(),
            tiling: Tiling::begin(),
            cases: HashMap::new(),
            named: BTreeMap::new(),
            fund: FundCheck::default(),
            earlier: None,
            deadlines: 0,
            not_judged: 0,
            last_at: None,
            indicators: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Computes the indicators of a period as well; may be called for several.
    #[must_use]
    pub fn with_indicators(mut self, from: Date, to: Date) -> Self {
        self.indicators.push(Indicators::begin(from, to));
        self
    }

    /// Holds the log against a head that the auditor has from an earlier visit: it must have grown out
    /// of it.
    ///
    /// # Errors
    /// When that head is of another log.
    pub fn since(mut self, earlier: Checkpoint) -> Result<Self, Fault> {
        if earlier.origin != self.origin {
            return Err(Fault::Earlier(CheckpointError::Origin));
        }
        self.earlier = Some(earlier);
        Ok(self)
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn entry(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.follow(bytes, |_| Ok(()), |_, _| Ok(()))
    }

    /// The same for whoever follows: each entry that holds, and each hash tile that became full.
    ///
    /// # Errors
    /// What is wrong with it, or whatever a follower says.
    pub fn follow(
        &mut self,
        bytes: &[u8],
        taken: impl FnOnce(&Taken<'_>) -> Result<(), Fault>,
        tile: impl FnMut(TilePath, &[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let position = self.frontier.size();
        self.grew_from_earlier(position)?;
        let leaf = LeafView::parse(bytes).map_err(|error| Fault::Leaf { position, error })?;
        if leaf.origin != self.origin {
            return Err(Fault::Origin { position });
        }
        let hash = leaf_hash(bytes);
        let fund = match leaf.stream.parse::<Pseudonym>() {
            Ok(stream) => self.case_entry(position, stream, &leaf, hash).map(|()| None),
            Err(_) => self.named_entry(position, &leaf, hash),
        }?;
        self.last_at = Some(leaf.at);
        taken(&Taken { leaf: &leaf, hash, fund: fund.as_ref() })?;
        self.tiling.append(&mut self.frontier, hash, tile)
    }

    /// An entry of a stream that tells no case; of the fund it comes back.
    fn named_entry(
        &mut self,
        position: u64,
        leaf: &LeafView<'_>,
        hash: Hash,
    ) -> Result<Option<FundStamped>, Fault> {
        let before = self.named.get(leaf.stream.as_ref()).copied();
        let head = follows(before, leaf, hash).ok_or(Fault::Chain { position })?;
        let illegal = |reason: String| Fault::Illegal { position, reason };
        let stamped = if leaf.stream == "fund" {
            let unknown = || illegal(format!("{} is no event of the fund", leaf.kind));
            let stamped = fund_view(leaf, &mut self.buffer).ok_or_else(unknown)?;
            self.indicators.iter_mut().for_each(|period| period.fund_event(&stamped));
            self.fund.entry(leaf.n, &stamped).map_err(illegal)?;
            Some(stamped)
        } else {
            None
        };
        self.named.insert(leaf.stream.clone().into_owned(), head);
        Ok(stamped)
    }

    fn case_entry(
        &mut self,
        position: u64,
        stream: Pseudonym,
        leaf: &LeafView<'_>,
        hash: Hash,
    ) -> Result<(), Fault> {
        let illegal = |reason: String| Fault::Illegal { position, reason };
        let before = self.cases.get_mut(&stream);
        let head = follows(before.as_ref().map(|told| told.head), leaf, hash);
        let head = head.ok_or(Fault::Chain { position })?;
        let unknown = || illegal(format!("{} is no event of a case", leaf.kind));
        let stamped = case_view(leaf, &mut self.buffer).ok_or_else(unknown)?;
        let rules = leaf.rules.as_deref().unwrap_or_default();
        let (case, last) = match &before {
            Some(told) => (Some(&told.case), Some(&told.last)),
            None => (None, None),
        };
        if case.is_some_and(|case| case.rules != rules) {
            return Err(illegal("a case keeps the rule set it began with".to_owned()));
        }
        let version = leaf.calendar.as_deref().unwrap_or_default();
        let (named, calendar) = self.book.look_up(rules, version);
        particulars::hold(case, &stamped, last, named).map_err(|wrong| match wrong {
            Wrong::Deadline => Fault::Deadline { position },
            Wrong::Event(reason) => illegal(reason.to_owned()),
        })?;
        // The same table that let it happen: role, state, first responder, second person, dates.
        if let Some(case) = case
            && let Some(action) = stamped.event.action(case)
        {
            permit(case, action, &stamped.actor, named, stamped.at)
                .map_err(|refusal| illegal(refusal.to_string()))?;
        }
        for clock in stamped.event.clocks() {
            match calendar.filter(|_| named.is_some()) {
                Some(calendar) => {
                    deadline(position, clock, calendar)?;
                    self.deadlines += 1;
                }
                None => self.not_judged += 1,
            }
        }
        for period in &mut self.indicators {
            period.case_event(stream, case, &stamped, named, calendar);
        }
        let was_over = case.is_some_and(|case| case.state.name().is_over());
        let told = match before {
            None => {
                let case =
                    Case::begin(&stamped, rules).map_err(|error| illegal(error.to_string()))?;
                self.cases.entry(stream).or_insert(Told { head, case, last: stamped })
            }
            Some(told) => {
                told.case.take(&stamped).map_err(|error| illegal(error.to_string()))?;
                (told.head, told.last) = (head, stamped);
                told
            }
        };
        for period in &mut self.indicators {
            period.case_stands(&told.case, was_over, told.last.at);
        }
        Ok(())
    }

    fn grew_from_earlier(&self, position: u64) -> Result<(), Fault> {
        match &self.earlier {
            Some(earlier) if earlier.size == position && earlier.root != self.frontier.root() => {
                Err(Fault::Rewritten { then: position })
            }
            _ => Ok(()),
        }
    }

    /// The figures of the first period that was asked for, over the entries so far.
    #[must_use]
    pub fn figures(self) -> Vec<Indicator> {
        self.indicators.into_iter().next().map(Indicators::finish).unwrap_or_default()
    }

    /// The hash tiles that are not full, when all entries have been taken.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (TilePath, &[u8])> {
        self.tiling.partial()
    }

    /// Holds the entries against the head that is believed.
    ///
    /// # Errors
    /// When it is of other entries, or when case and fund disagree.
    pub fn finish(self, head: &Believed) -> Result<Verified, Fault> {
        let (checkpoint, found) = (&head.checkpoint, self.frontier.size());
        if checkpoint.origin != self.origin {
            return Err(CheckpointError::Origin.into());
        }
        if let Some(earlier) = self.earlier.as_ref().filter(|earlier| earlier.size > found) {
            return Err(Fault::Shrunk { then: earlier.size, now: found });
        }
        self.grew_from_earlier(found)?;
        if checkpoint.size != found {
            return Err(Fault::Size { signed: checkpoint.size, found });
        }
        if checkpoint.root != self.frontier.root() {
            return Err(Fault::Root);
        }
        self.cases_and_fund_agree()?;
        let mut states = BTreeMap::new();
        for told in self.cases.values() {
            *states.entry(told.case.state.name().code()).or_insert(0) += 1;
        }
        Ok(Verified {
            checkpoint: checkpoint.clone(),
            witnesses: head.witnesses.clone(),
            cases: states.values().sum(),
            deadlines: self.deadlines,
            not_judged: self.not_judged,
            states,
            fund_entries: self.named.get("fund").map_or(0, |head| head.next),
            balances: self.fund.ledger().balances().collect(),
            indicators: self.indicators.into_iter().map(Indicators::finish).collect(),
        })
    }

    /// What a case says of its advances is what the fund says of them. The two are written in one
    /// change, but a head may be signed between them: what is as young as the last entry may lack its
    /// other half.
    fn cases_and_fund_agree(&self) -> Result<(), Fault> {
        let mut told = 0_usize;
        let youngest = |at: Timestamp| Some(at) == self.last_at;
        for one in self.cases.values() {
            for advance in &one.case.advances {
                told += 1;
                let same = self.fund.advance_of(advance.id).is_some_and(|known| {
                    (known.status, known.paid_fen) == (advance.status, advance.paid_fen)
                });
                if !same && !youngest(one.last.at) {
                    return Err(Fault::Advance { advance: advance.id });
                }
            }
        }
        let known = self.fund.advances_count();
        if told < known && !self.fund.last_at().is_some_and(youngest) {
            let untold = self.fund.advances().find(|advance| {
                let case = self.cases.get(&advance.case);
                !case.is_some_and(|told| told.case.advances.iter().any(|one| one.id == advance.id))
            });
            return untold.map_or(Ok(()), |advance| Err(Fault::Advance { advance: advance.id }));
        }
        Ok(())
    }
}

/// The head of a stream after this entry, if it is the next one.
fn follows(before: Option<Head>, leaf: &LeafView<'_>, hash: Hash) -> Option<Head> {
    let (next, prev) = before.map_or((0, None), |head| (head.next, Some(head.hash)));
    (leaf.n == next && leaf.prev == prev).then_some(Head { next: next + 1, hash })
}

/// Computes a deadline again.
fn deadline(position: u64, clock: &Clock, calendar: &Calendar) -> Result<(), Fault> {
    match clock.due_again(calendar) {
        Ok(due) if due == clock.due_at => Ok(()),
        _ => Err(Fault::Deadline { position }),
    }
}

/// Puts `{"kind":…,"data":…}` together and reads it: with the kind first nothing is read twice.
fn event<T: serde::de::DeserializeOwned>(
    kind: &str,
    data: &str,
    buffer: &mut Vec<u8>,
) -> Option<T> {
    buffer.clear();
    buffer.extend(b"{\"kind\":");
    serde_json::to_writer(&mut *buffer, kind).ok()?;
    buffer.extend(b",\"data\":");
    buffer.extend(data.as_bytes());
    buffer.push(b'}');
    serde_json::from_slice(buffer).ok()
}

fn actor(leaf: &LeafView<'_>) -> Option<Actor> {
    Some(Actor { role: Role::from_code(&leaf.actor.role)?, pseudonym: leaf.actor.pseudonym })
}

fn case_view(leaf: &LeafView<'_>, buffer: &mut Vec<u8>) -> Option<Stamped> {
    let event = event(&leaf.kind, leaf.data(), buffer)?;
    Some(Stamped { at: leaf.at, actor: actor(leaf)?, event })
}

fn fund_view(leaf: &LeafView<'_>, buffer: &mut Vec<u8>) -> Option<FundStamped> {
    let event = event(&leaf.kind, leaf.data(), buffer)?;
    Some(FundStamped { at: leaf.at, actor: actor(leaf)?, event })
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
