//! Names of people and of systems with a token, by the pseudonym the log knows them by.

use green_channel::case::Role;
use green_channel::ids::Pseudonym;
use green_channel::store::StoreError;
use green_channel::time::Timestamp;

use super::plain::Listed;
use crate::app::App;
use crate::auth::{ApiToken, Person, people, tokens};

/// Everybody with a name.
pub(super) struct Names {
    people: Vec<Person>,
    tokens: Vec<ApiToken>,
}

impl Names {
    pub(super) async fn load(app: &App) -> Result<Self, StoreError> {
        let store = app.engine.store();
        Ok(Self { people: people(store).await?, tokens: tokens(store).await? })
    }

    /// The name, if there is one.
    pub(super) fn find(&self, who: Pseudonym) -> Option<&str> {
        let person = self.people.iter().find(|person| person.pseudonym == who);
        let person = person.map(|person| person.name.as_str());
        person.or_else(|| {
            let token = self.tokens.iter().find(|token| token.pseudonym == who);
            token.map(|token| token.name.as_str())
        })
    }

    /// The name, or that there is none any more.
    pub(super) fn of(&self, who: Pseudonym) -> String {
        self.find(who).unwrap_or("已删除的人员").to_owned()
    }

    /// The same of a pseudonym as leaves write it.
    pub(super) fn of_text(&self, who: &str) -> String {
        who.parse().map_or_else(|_| "已删除的人员".to_owned(), |who| self.of(who))
    }

    /// Who could answer for a case instead of `but`: whoever works on cases and may be let in.
    pub(super) fn could_take(&self, but: Option<Pseudonym>, now: Timestamp) -> Vec<Listed> {
        let works = |person: &&Person| {
            let staff = person.roles.iter().any(|role| role.is_staff());
            staff && person.may_enter(now) && Some(person.pseudonym) != but
        };
        let listed = |person: &Person| {
            let roles = person.roles.iter().filter(|role| role.is_staff());
            let roles = roles.copied().map(Role::label_zh).collect::<Vec<_>>().join("、");
            (person.pseudonym.to_string(), format!("{}（{roles}）", person.name))
        };
        self.people.iter().filter(works).map(listed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Held;

    fn person(name: &str, seed: u8, roles: &[Role]) -> Person {
        let held = Held { roles: roles.to_vec(), ..Held::default() };
        Person::new(name, name, held, Pseudonym::new([seed; 16]))
    }

    #[test]
    fn a_case_is_handed_only_to_somebody_who_works_on_cases() {
        let mut left = person("left", 5, &[Role::Clerk]);
        left.removed = true;
        let names = Names {
            people: vec![
                person("wang", 1, &[Role::Clerk, Role::Supervisor]),
                person("li", 2, &[Role::Auditor]),
                person("chen", 3, &[Role::Manager, Role::Administrator]),
                person("zhao", 4, &[Role::Clerk]),
                left,
            ],
            tokens: Vec::new(),
        };
        let now = Timestamp::from_millis(1_795_485_600_000).unwrap();
        let could = names.could_take(Some(Pseudonym::new([4; 16])), now);
        let labels: Vec<&str> = could.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["wang（受理员、主管）", "chen（负责人）"]);
        assert_eq!(could[0].0, Pseudonym::new([1; 16]).to_string());
    }

    #[test]
    fn a_name_outlives_its_person_and_a_stranger_has_none() {
        let mut left = person("left", 5, &[Role::Clerk]);
        left.removed = true;
        let names = Names { people: vec![left], tokens: Vec::new() };
        assert_eq!(names.of_text(&Pseudonym::new([5; 16]).to_string()), "left");
        assert_eq!(names.of_text("?"), "已删除的人员");
        assert_eq!(names.find(Pseudonym::new([6; 16])), None);
    }
}
