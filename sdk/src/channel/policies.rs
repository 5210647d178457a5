//! What decisions are measured against: the rule set of new cases, those that older cases are bound
//! to, and the working days, which an operator may replace while the engine runs.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::calendar::Calendar;
use crate::case::{Case, Policy, RuleSet, RulesError};
use crate::money::Fen;
use crate::time::Date;

/// The policies of one calendar.
struct Now {
    calendar: Calendar,
    current: Arc<Policy>,
    /// The sets of the current one's family, later revisions behind earlier.
    family: Vec<Arc<Policy>>,
    by_id: HashMap<String, Arc<Policy>>,
}

/// All policies, and the rule sets they are made of.
pub(super) struct Policies {
    rules: RuleSet,
    more: Vec<RuleSet>,
    clerk_offer_limit: Fen,
    retention_years: u16,
    now: RwLock<Arc<Now>>,
}

impl Policies {
    pub(super) fn new(
        rules: RuleSet,
        more: Vec<RuleSet>,
        calendar: Calendar,
        clerk_offer_limit: Fen,
        retention_years: u16,
    ) -> Self {
        let empty = Arc::new(Policy {
            rules: rules.clone(),
            calendar: calendar.clone(),
            clerk_offer_limit,
            retention_years,
        });
        let (family, by_id) = (Vec::new(), HashMap::new());
        let now = Now { calendar: calendar.clone(), current: empty, family, by_id };
        let policies = Self {
            rules,
            more,
            clerk_offer_limit,
            retention_years,
            now: RwLock::new(Arc::new(now)),
        };
        policies.take_calendar(calendar);
        policies
    }

    /// From now on deadlines are computed with these working days.
    pub(super) fn take_calendar(&self, calendar: Calendar) {
        let policy = |rules: RuleSet| {
            Arc::new(Policy {
                rules,
                calendar: calendar.clone(),
                clerk_offer_limit: self.clerk_offer_limit,
                retention_years: self.retention_years,
            })
        };
        let known = RuleSet::shipped().into_iter().chain(self.more.iter().cloned());
        let known: Vec<Arc<Policy>> = known.map(policy).collect();
        let current = policy(self.rules.clone());
        let is_kin = |one: &&Arc<Policy>| one.rules.family() == self.rules.family();
        let family = known.iter().filter(is_kin).map(Arc::clone).collect();
        let mut by_id: HashMap<_, _> =
            known.into_iter().map(|one| (one.rules.id.clone(), one)).collect();
        by_id.insert(self.rules.id.clone(), Arc::clone(&current));
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        *now = Arc::new(Now { calendar, current, family, by_id });
    }

    pub(super) fn calendar(&self) -> Calendar {
        self.now().calendar.clone()
    }

    /// The policy of a case diverted on this day: the chosen set if it is in force, else the newest
    /// of its family that is. Where none is, a complaint is not turned away: the chosen set holds.
    pub(super) fn on(&self, day: Date) -> Arc<Policy> {
        let now = self.now();
        if now.current.rules.is_in_force(day) {
            return Arc::clone(&now.current);
        }
        let in_force = now.family.iter().rfind(|policy| policy.rules.is_in_force(day));
        Arc::clone(in_force.unwrap_or(&now.current))
    }

    /// What when a case wakes depends on beside its own events: another value says that rows of
    /// before may wake at other times.
    pub(super) fn fingerprint(&self) -> String {
        let now = self.now();
        let mut sets: Vec<_> = now.by_id.values().map(|policy| &policy.rules).collect();
        sets.sort_by(|one, other| one.id.cmp(&other.id));
        let text = serde_json::to_vec(&(self.retention_years, sets)).unwrap_or_default();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &text);
        hex::encode(digest.as_ref())
    }

    /// The policy a case is bound to.
    pub(super) fn of(&self, case: &Case) -> Result<Arc<Policy>, RulesError> {
        let now = self.now();
        match now.by_id.get(&case.rules) {
            Some(policy) => Ok(Arc::clone(policy)),
            None => Err(RuleSet::named(&case.rules).err().unwrap_or_else(|| {
                // A shipped set is always among ours.
                RulesError::Unknown { id: case.rules.clone(), known: String::new() }
            })),
        }
    }

    /// Every rule set that a case here may be bound to.
    pub(super) fn all_rules(&self) -> Vec<RuleSet> {
        self.now().by_id.values().map(|policy| policy.rules.clone()).collect()
    }

    fn now(&self) -> Arc<Now> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}
