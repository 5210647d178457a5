//! What decisions are measured against: the rule set of new cases, those that older cases are bound
//! to, and the working days, which an operator may replace while the engine runs.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::calendar::Calendar;
use crate::case::{Case, Policy, RuleSet, RulesError};
use crate::money::Fen;

/// The policies of one calendar.
struct Now {
    calendar: Calendar,
    current: Arc<Policy>,
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
        let now = Now { calendar: calendar.clone(), current: empty, by_id: HashMap::new() };
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
        let mut by_id: HashMap<_, _> = known.map(|set| (set.id.clone(), policy(set))).collect();
        let current = policy(self.rules.clone());
        by_id.insert(self.rules.id.clone(), Arc::clone(&current));
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        *now = Arc::new(Now { calendar, current, by_id });
    }

    pub(super) fn calendar(&self) -> Calendar {
        self.now().calendar.clone()
    }

    /// The policy of new cases.
    pub(super) fn current(&self) -> Arc<Policy> {
        Arc::clone(&self.now().current)
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

    fn now(&self) -> Arc<Now> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}
