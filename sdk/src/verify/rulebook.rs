//! The rules that a log is judged by: rule sets and calendars, by the names that entries bear.
//!
//! What this program carries counts as it carries it, whatever a folder brings under the same name.
//! What only the folder brings is used, and told: the auditor must know it from elsewhere.

use std::collections::{BTreeMap, HashMap};

use super::fault::Fault;
use crate::calendar::{Calendar, YearData};
use crate::case::RuleSet;
use crate::hex_digest;

/// A file that came with the log and that this program does not carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// Its path within the folder.
    pub file: String,
    /// Its SHA-256, in hex, to be compared with what the auditor got from whoever made the rule.
    pub sha256: String,
}

/// Rule sets and calendars by name.
#[derive(Clone, Debug)]
pub struct Rulebook {
    rules: HashMap<String, RuleSet>,
    /// The files of other releases, by version of the calendar and year.
    releases: BTreeMap<String, BTreeMap<i16, String>>,
    /// The files that were loaded on top of a release, by the name that versions give them.
    loaded: BTreeMap<String, String>,
    /// Made when an entry first names one; none for a name that nothing here explains.
    calendars: HashMap<String, Option<Calendar>>,
    brought: Vec<Brought>,
}

impl Rulebook {
    /// What this program carries.
    #[must_use]
    pub fn shipped() -> Self {
        let rules = RuleSet::shipped().into_iter().map(|set| (set.id.clone(), set)).collect();
        let shipped = Calendar::shipped();
        Self {
            rules,
            releases: BTreeMap::new(),
            loaded: BTreeMap::new(),
            calendars: HashMap::from([(shipped.version().to_owned(), Some(shipped))]),
            brought: Vec::new(),
        }
    }

    /// The same with a calendar of which only the object is at hand.
    #[must_use]
    pub fn with_calendar(mut self, calendar: Calendar) -> Self {
        self.calendars.insert(calendar.version().to_owned(), Some(calendar));
        self
    }

    /// The same with a rule set of which only the object is at hand; a shipped one stays.
    #[must_use]
    pub fn with_rules(mut self, rules: RuleSet) -> Self {
        self.rules.entry(rules.id.clone()).or_insert(rules);
        self
    }

    /// Takes a rule set that came with the log.
    ///
    /// # Errors
    /// When it does not read, is not named like its file, or is another than the one this program has
    /// by that name.
    pub fn bring_rules(&mut self, file: &str, text: &str) -> Result<(), Fault> {
        let set = RuleSet::from_json(text).map_err(|_| fault(file, "not a rule set"))?;
        if file != format!("rules/{}.json", set.id) {
            return Err(fault(file, "a rule set of another name"));
        }
        match self.rules.get(&set.id) {
            Some(known) if *known == set => Ok(()),
            Some(_) => Err(fault(file, "not the rule set that is known by this name")),
            None => {
                self.rules.insert(set.id.clone(), set);
                self.note(file, text);
                Ok(())
            }
        }
    }

    /// Takes a year of the calendar of a release.
    ///
    /// # Errors
    /// When it does not read, is not named like its file, or is another than the one this program
    /// carries in that release.
    pub fn bring_year(&mut self, version: &str, file: &str, text: &str) -> Result<(), Fault> {
        let year = YearData::parse(text).map_err(|_| fault(file, "not a year of the calendar"))?;
        let year = year.year();
        if file != format!("calendars/{version}/{year}.json") {
            return Err(fault(file, "another year than its name"));
        }
        if version == Calendar::SHIPPED_VERSION {
            let same = Calendar::shipped_files().contains(&text);
            return if same { Ok(()) } else { Err(fault(file, "not the year that is known")) };
        }
        self.releases.entry(version.to_owned()).or_default().insert(year, text.to_owned());
        self.note(file, text);
        Ok(())
    }

    /// Takes a year that the merchant loaded on top of a release.
    ///
    /// # Errors
    /// When it does not read or is not named like its file.
    pub fn bring_loaded_year(&mut self, file: &str, text: &str) -> Result<(), Fault> {
        let year = YearData::parse(text).map_err(|_| fault(file, "not a year of the calendar"))?;
        let name = loaded_name(&year, text);
        if file != format!("calendars/loaded/{name}.json") {
            return Err(fault(file, "another year or another content than its name"));
        }
        self.loaded.insert(name, text.to_owned());
        self.note(file, text);
        Ok(())
    }

    fn note(&mut self, file: &str, text: &str) {
        let sha256 = hex_digest(text.as_bytes());
        self.brought.push(Brought { file: file.to_owned(), sha256 });
    }

    /// What is used here although this program does not carry it.
    #[must_use]
    pub fn brought(&self) -> &[Brought] {
        &self.brought
    }

    /// The rule set with this name and the calendar of this version, as far as they are known.
    pub fn look_up(&mut self, id: &str, version: &str) -> (Option<&RuleSet>, Option<&Calendar>) {
        if !self.calendars.contains_key(version) {
            let made = self.make(version);
            self.calendars.insert(version.to_owned(), made);
        }
        (self.rules.get(id), self.calendars.get(version).and_then(Option::as_ref))
    }

    /// The calendar of this version.
    pub fn calendar(&mut self, version: &str) -> Option<&Calendar> {
        self.look_up("", version).1
    }

    /// `cn-2026.1+2027@1a2b3c4d`: a release, and the years that were loaded on top of it.
    fn make(&self, version: &str) -> Option<Calendar> {
        let mut parts = version.split('+');
        let release = parts.next()?;
        let mut calendar = if release == Calendar::SHIPPED_VERSION {
            Calendar::shipped()
        } else {
            let files: Vec<String> = self.releases.get(release)?.values().cloned().collect();
            Calendar::of_release(release, &files).ok()?
        };
        for name in parts {
            calendar = calendar.with_year(self.loaded.get(name)?).ok()?;
        }
        (calendar.version() == version).then_some(calendar)
    }
}

/// The name that the versions of calendars give to a loaded year: `2027@1a2b3c4d`.
pub(crate) fn loaded_name(year: &YearData, text: &str) -> String {
    let digest = hex_digest(text.as_bytes());
    format!("{}@{}", year.year(), digest.get(..8).unwrap_or_default())
}

fn fault(file: &str, reason: &'static str) -> Fault {
    Fault::File { file: file.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &str = r#"{"year":2027,"notice":null,"notice_certainty":"U","published":false,"holidays":[],"workdays":[]}"#;

    #[test]
    fn a_calendar_is_made_of_the_release_and_what_was_loaded() {
        let loaded = Calendar::shipped().with_year(NEXT).unwrap();
        let mut book = Rulebook::shipped();
        assert!(book.calendar(loaded.version()).is_none(), "nobody brought it");
        let mut book = Rulebook::shipped();
        let year = YearData::parse(NEXT).unwrap();
        let file = format!("calendars/loaded/{}.json", loaded_name(&year, NEXT));
        book.bring_loaded_year(&file, NEXT).unwrap();
        assert_eq!(book.calendar(loaded.version()).unwrap().version(), loaded.version());
        assert!(book.calendar("cn-1999.1").is_none());
        assert_eq!(book.brought().len(), 1, "it is told");
        assert!(Rulebook::shipped().bring_loaded_year("calendars/loaded/2027.json", NEXT).is_err());
    }

    #[test]
    fn what_is_known_cannot_be_brought_otherwise() {
        let mut book = Rulebook::shipped();
        for text in RuleSet::shipped_files() {
            let id = RuleSet::from_json(text).unwrap().id;
            book.bring_rules(&format!("rules/{id}.json"), text).unwrap();
            let longer = text.replacen("\"length\": 10", "\"length\": 20", 1);
            if longer != *text {
                assert!(book.bring_rules(&format!("rules/{id}.json"), &longer).is_err(), "{id}");
            }
        }
        for text in Calendar::shipped_files() {
            let year = YearData::parse(text).unwrap().year();
            let file = format!("calendars/{}/{year}.json", Calendar::SHIPPED_VERSION);
            book.bring_year(Calendar::SHIPPED_VERSION, &file, text).unwrap();
            let other = format!("{text} ");
            assert!(book.bring_year(Calendar::SHIPPED_VERSION, &file, &other).is_err());
        }
        assert!(book.brought().is_empty());
    }

    #[test]
    fn another_release_is_judged_by_its_own_files() {
        let mut book = Rulebook::shipped();
        let year = Calendar::shipped_files().last().unwrap();
        let number = YearData::parse(year).unwrap().year();
        book.bring_year("cn-2030.1", &format!("calendars/cn-2030.1/{number}.json"), year).unwrap();
        assert_eq!(book.calendar("cn-2030.1").unwrap().version(), "cn-2030.1");
        assert_eq!(book.brought().len(), 1);
    }
}
