//! The opened words of a case: each with the salt under which its entry committed to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::Pseudonym;
use crate::log::LeafView;
use crate::privacy::Salt;
use crate::verify::Fault;

/// A case that is disclosed to an auditor. Personal data: it goes to whoever may see it, and to nobody
/// else.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dossier {
    /// The case's stream.
    pub stream: Pseudonym,
    /// Its events that have words, in order.
    pub events: Vec<DisclosedEvent>,
}

/// The words of one event.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosedEvent {
    /// Its number within the case.
    pub n: u64,
    /// What is opened, by field.
    pub fields: BTreeMap<String, Opened>,
    /// What is not (an account number is no matter of an audit), by field.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub withheld: BTreeSet<String>,
}

/// A value and its salt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// The salt of the commitment.
    pub salt: Salt,
    /// The value.
    pub value: String,
}

impl Dossier {
    /// The bytes of its file.
    ///
    /// # Errors
    /// Never for what an entry can have committed to.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Holds what is shown of an event against its entry: every field that it committed to is opened
    /// and is what was committed to, or is said to be withheld; and nothing else is shown.
    pub(super) fn hold(&self, leaf: &LeafView<'_>) -> Result<u64, Fault> {
        let wrong = |field: &str| Fault::Disclosure {
            stream: self.stream,
            n: leaf.n,
            field: field.to_owned(),
        };
        let commitments = leaf.commitments().map_err(|_| wrong("commit"))?;
        let shown = self.events.iter().find(|event| event.n == leaf.n);
        let Some(shown) = shown else {
            let missing = commitments.keys().next();
            return missing.map_or(Ok(0), |field| Err(wrong(field)));
        };
        for (field, commitment) in &commitments {
            match shown.fields.get(field) {
                Some(Opened { salt, value }) => {
                    let stream = leaf.stream.as_ref();
                    if !commitment.holds(salt, stream, field, value.as_bytes()) {
                        return Err(wrong(field));
                    }
                }
                None if shown.withheld.contains(field) => {}
                None => return Err(wrong(field)),
            }
        }
        let invented = shown.fields.keys().chain(&shown.withheld);
        match invented.into_iter().find(|field| !commitments.contains_key(*field)) {
            Some(field) => Err(wrong(field)),
            None => Ok(u64::try_from(shown.fields.len()).unwrap_or(u64::MAX)),
        }
    }
}
