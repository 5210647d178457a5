//! When cases wake depends on settings too: rule sets, how long data are kept, this program's own
//! version. When one of them changes, every case is asked again; otherwise a case would sleep past
//! what is due to it, or be looked at for nothing.

use std::collections::BTreeMap;

use super::Channel;
use super::casework::{LoadedCase, SNAPSHOT_VERSION, case_row, is_of_another_version};
use super::lease::Lease;
use super::leaves::broken;
use crate::case::{Policy, StateName, wake_at};
use crate::store::{
    CaseQuery, CaseWrite, Change, Expected, RecordWrite, Store, StoreError, StoredCase,
};

const KIND: &str = "schedule";
const ID: &str = "settings";

/// What a look at every case that is not erased found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many cases.
    pub looked: u64,
    /// How many wake at another time than their row says.
    pub moved: u64,
    /// How many do not read; `fsck` says why.
    pub unreadable: u64,
    /// Cases that are not over, by the rule set they are bound to, where that is not here: nothing
    /// can be done to them until it is.
    pub without_rules: BTreeMap<String, u64>,
}

impl<S: Store> Channel<S> {
    /// Looks at every case that is not erased, and changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn survey(&self) -> Result<Survey, StoreError> {
        self.look_at_all(true, None).await
    }

    /// Asks every case again when it wakes, if a setting changed on which that depends; gives what
    /// was found, or nothing when none changed.
    ///
    /// A crash in between begins again at the next call.
    ///
    /// # Errors
    /// When the store fails; a conflict of `lease` says that another server has taken over.
    pub async fn reschedule(&self, lease: Option<&Lease>) -> Result<Option<Survey>, StoreError> {
        let settings = format!("{SNAPSHOT_VERSION}:{}", self.inner.policies.fingerprint());
        let settings = serde_json::to_vec(&settings).map_err(|_| broken("schedule"))?;
        let known = self.store().record(KIND, ID).await?;
        if known.as_ref().is_some_and(|row| row.body == settings) {
            return Ok(None);
        }
        let survey = self.look_at_all(false, lease).await?;
        let noted = RecordWrite {
            kind: KIND,
            id: ID.to_owned(),
            expected: known.map_or(0, |row| row.version),
            body: Some(settings),
            expires_at: None,
        };
        let records = vec![noted];
        self.store().commit(Change { records, ..Change::default() }).await?;
        Ok(Some(survey))
    }

    async fn look_at_all(
        &self,
        dry_run: bool,
        lease: Option<&Lease>,
    ) -> Result<Survey, StoreError> {
        let kept = StateName::ALL.iter().filter(|state| **state != StateName::Erased);
        let states: Vec<String> = kept.map(|state| state.code().to_owned()).collect();
        let (mut survey, mut after) = (Survey::default(), None);
        loop {
            let query = CaseQuery { states: states.clone(), by_due: false, after, limit: 200 };
            let page = self.store().cases(query).await?;
            for stored in page.cases {
                self.look_at(stored, dry_run, lease, &mut survey).await?;
            }
            after = page.next;
            if after.is_none() {
                return Ok(survey);
            }
        }
    }

    async fn look_at(
        &self,
        stored: StoredCase,
        dry_run: bool,
        lease: Option<&Lease>,
        survey: &mut Survey,
    ) -> Result<(), StoreError> {
        survey.looked += 1;
        let (wakes, stale) = (stored.row.wake_at, is_of_another_version(&stored.row));
        let loaded = match self.loaded(stored).await {
            Err(StoreError::Corrupt { .. }) => {
                survey.unreadable += 1;
                return Ok(());
            }
            loaded => loaded?,
        };
        let Ok(policy) = self.policy(&loaded.case) else {
            if !loaded.case.state.name().is_over() {
                *survey.without_rules.entry(loaded.case.rules).or_default() += 1;
            }
            return Ok(());
        };
        if wake_at(&loaded.case, &policy) == wakes && !stale {
            return Ok(());
        }
        survey.moved += 1;
        if dry_run {
            return Ok(());
        }
        self.write_row(&loaded, &policy, lease).await
    }

    /// Writes the row of a case anew, with when it wakes.
    pub(super) async fn write_row(
        &self,
        loaded: &LoadedCase,
        policy: &Policy,
        lease: Option<&Lease>,
    ) -> Result<(), StoreError> {
        let (case, version) = (&loaded.case, loaded.case.version);
        let row = case_row(loaded.id, loaded.stream, case, loaded.reports, loaded.head, policy)?;
        let change = Change {
            holds: lease.and_then(Lease::hold),
            case: Some(CaseWrite { expected: Expected::Version(version), row }),
            ..Change::default()
        };
        match self.store().commit(change).await {
            // Somebody acted meanwhile, and said when next.
            Err(StoreError::Conflict { what: "case" }) => Ok(()),
            done => done,
        }
    }
}
