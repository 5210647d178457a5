//! Trust policies (C2SP tlog-policy): which logs are believed, which witnesses count, and how many
//! of them must have cosigned a head before it is.
//!
//! ```text
//! log mall.example/log+1a2b3c4d+AX…
//! witness center 12315.example/witness+5e6f7a8b+BD… https://12315.example/witness
//! quorum center
//! ```

use super::checkpoint::{CHECKPOINT_BYTES_MAX, Checkpoint, CheckpointError};
use super::cosignature::CosignerKey;
use super::note::{NoteError, NoteVerifier, SignedNote};
use crate::time::Timestamp;

/// The most lines of each sort.
const LINES_MAX: usize = 32;

/// A policy as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy {
    logs: Vec<NoteVerifier>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

/// A witness that may count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Its name within the policy.
    pub name: String,
    /// Its key.
    pub key: CosignerKey,
    /// Where it is asked (the submission prefix of tlog-witness); none in a policy for reading only.
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    least: usize,
    members: Vec<Member>,
}

/// A witness or a group, by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// The text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy, line {line}: {reason}")]
pub struct PolicyError {
    /// The line, from 1; 0 for what is missing altogether.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A head that a policy does not believe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DistrustError {
    /// Not signed by a log of the policy, or no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses.
    #[error("the policy's quorum of witnesses has not cosigned it; found: {}", found.join(", "))]
    Quorum {
        /// Whose cosignature is there and holds.
        found: Vec<String>,
    },
}

/// A head that is believed, and by whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Believed {
    /// The head.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned it, by their name within the policy, and when.
    pub witnesses: Vec<(String, Timestamp)>,
}

impl TrustPolicy {
    /// The policy that believes this log without any witness.
    #[must_use]
    pub fn only(log: NoteVerifier) -> Self {
        Self { logs: vec![log], witnesses: Vec::new(), groups: Vec::new(), quorum: None }
    }

    /// Reads a policy.
    ///
    /// # Errors
    /// The first line that does not fit.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut reading = Reading::default();
        for (place, line) in text.split('\n').enumerate() {
            let words: Vec<&str> =
                line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            let control = line.chars().any(|c| c.is_control() && c != '\t');
            let taken =
                if control { Err("it has a control character") } else { reading.line(&words) };
            taken.map_err(|reason| PolicyError { line: place + 1, reason })?;
        }
        let quorum = reading.quorum;
        let quorum = quorum.ok_or(PolicyError { line: 0, reason: "there is no quorum line" })?;
        Ok(Self { quorum, ..reading.policy })
    }

    /// The logs that are believed.
    #[must_use]
    pub fn logs(&self) -> &[NoteVerifier] {
        &self.logs
    }

    /// The witnesses, in the order of the text.
    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Whether a head needs any cosignature at all.
    #[must_use]
    pub const fn needs_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// Whether these witnesses, by name, are enough.
    #[must_use]
    pub fn is_quorum(&self, cosigned: &[&str]) -> bool {
        self.quorum.is_none_or(|member| self.holds(member, cosigned))
    }

    fn holds(&self, member: Member, cosigned: &[&str]) -> bool {
        match member {
            Member::Witness(place) => {
                self.witnesses.get(place).is_some_and(|one| cosigned.contains(&one.name.as_str()))
            }
            Member::Group(place) => self.groups.get(place).is_some_and(|group| {
                let held = group.members.iter().filter(|one| self.holds(**one, cosigned));
                held.count() >= group.least
            }),
        }
    }

    /// Reads a signed head and believes it, if a log of the policy signed it under its own name and
    /// enough witnesses cosigned it.
    ///
    /// # Errors
    /// Why it is not believed. A line of a known witness that does not hold is one reason.
    pub fn believe(&self, note: &str) -> Result<Believed, DistrustError> {
        let believed = self.read(note)?;
        let found: Vec<&str> = believed.witnesses.iter().map(|(name, _)| name.as_str()).collect();
        if self.is_quorum(&found) {
            return Ok(believed);
        }
        Err(DistrustError::Quorum { found: found.into_iter().map(str::to_owned).collect() })
    }

    /// The same without asking for the quorum: what is there must hold, but it may be too little.
    ///
    /// # Errors
    /// As [`Self::believe`], without [`DistrustError::Quorum`].
    pub fn read(&self, note: &str) -> Result<Believed, CheckpointError> {
        if note.len() > CHECKPOINT_BYTES_MAX {
            return Err(CheckpointError::TooLarge);
        }
        let signed = SignedNote::parse(note)?;
        let origin = signed.text().split('\n').next().unwrap_or_default();
        let known: Vec<_> = self.logs.iter().filter(|log| log.name() == origin).cloned().collect();
        let checkpoint = Checkpoint::verify(note, origin, &known)?;
        let mut witnesses = Vec::new();
        for witness in &self.witnesses {
            if let Some(at) = witness.key.cosigned_at(&signed)? {
                witnesses.push((witness.name.clone(), at));
            }
        }
        Ok(Believed { checkpoint, witnesses })
    }
}

/// A policy while it is read.
struct Reading {
    policy: TrustPolicy,
    quorum: Option<Option<Member>>,
    /// Names that are in a group already.
    used: Vec<Member>,
}

impl Default for Reading {
    fn default() -> Self {
        let (logs, witnesses, groups) = (Vec::new(), Vec::new(), Vec::new());
        let policy = TrustPolicy { logs, witnesses, groups, quorum: None };
        Self { policy, quorum: None, used: Vec::new() }
    }
}

type Taken = Result<(), &'static str>;

impl Reading {
    fn line(&mut self, words: &[&str]) -> Taken {
        match words {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", vkey] | ["log", vkey, _] => self.log(vkey),
            ["witness", name, vkey] => self.witness(name, vkey, None),
            ["witness", name, vkey, url] => self.witness(name, vkey, Some(url)),
            ["group", name, least, members @ ..] => self.group(name, least, members),
            ["quorum", name] => self.take_quorum(name),
            _ => Err("not log, witness, group or quorum with what belongs to it"),
        }
    }

    fn log(&mut self, vkey: &str) -> Taken {
        let key =
            NoteVerifier::parse(vkey).map_err(|_: NoteError| "the key of the log does not read")?;
        let again = self.policy.logs.iter().any(|one| one.public_key() == key.public_key());
        if again || self.policy.logs.len() == LINES_MAX {
            return Err("the same log twice, or more than 32");
        }
        self.policy.logs.push(key);
        Ok(())
    }

    fn witness(&mut self, name: &str, vkey: &str, url: Option<&&str>) -> Taken {
        self.is_new(name)?;
        let key = CosignerKey::parse(vkey).map_err(
            |_| "the key of the witness does not read: it must be of type 4 (cosignature/v1)",
        )?;
        let witnesses = &mut self.policy.witnesses;
        let again = witnesses.iter().any(|one| one.key.public_key() == key.public_key());
        if again || witnesses.len() == LINES_MAX {
            return Err("the same witness twice, or more than 32");
        }
        let url = url.map(|url| (*url).trim_end_matches('/').to_owned());
        witnesses.push(Witness { name: name.to_owned(), key, url });
        Ok(())
    }

    fn group(&mut self, name: &str, least: &str, names: &[&str]) -> Taken {
        self.is_new(name)?;
        let mut members = Vec::new();
        for one in names {
            let member = self.member(one).ok_or("a member that no line before names")?;
            if self.used.contains(&member) {
                return Err("a member is in one group only, once");
            }
            self.used.push(member);
            members.push(member);
        }
        let least = match least {
            "all" => members.len(),
            "any" => 1,
            number if number.starts_with(['0', '+']) => 0,
            number => number.parse().unwrap_or(0),
        };
        if least == 0 || least > members.len() || self.policy.groups.len() == LINES_MAX {
            return Err(
                "a group says all, any or how many of its members, of which there is one at least",
            );
        }
        self.policy.groups.push(Group { name: name.to_owned(), least, members });
        Ok(())
    }

    fn take_quorum(&mut self, name: &str) -> Taken {
        if self.quorum.is_some() {
            return Err("a second quorum line");
        }
        let member = match name {
            "none" => None,
            name => Some(self.member(name).ok_or("a quorum that no line before names")?),
        };
        self.quorum = Some(member);
        Ok(())
    }

    fn member(&self, name: &str) -> Option<Member> {
        let witness = self.policy.witnesses.iter().position(|one| one.name == name);
        let group = || self.policy.groups.iter().position(|one| one.name == name);
        witness.map(Member::Witness).or_else(|| group().map(Member::Group))
    }

    fn is_new(&self, name: &str) -> Taken {
        if name == "none" || self.member(name).is_some() {
            return Err("a name that is taken already, or none");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Cosigner, NoteSigner, leaf_hash, sign_checkpoint};

    const ORIGIN: &str = "mall.example/log";

    fn witness(n: u8) -> Cosigner {
        Cosigner::from_seed(&format!("w{n}.example"), [n; 32])
    }

    fn signer() -> NoteSigner {
        NoteSigner::from_seed(ORIGIN, [50; 32])
    }

    fn policy(rest: &str) -> Result<TrustPolicy, PolicyError> {
        let mut text = format!("# ours\nlog {} https://mall.example\n\n", signer().vkey());
        for n in 1..=4 {
            text += &format!("witness W{n}\t{}\n", witness(n).verifier());
        }
        TrustPolicy::parse(&(text + rest))
    }

    fn note(by: &[u8]) -> String {
        let head = Checkpoint { origin: ORIGIN.into(), size: 3, root: leaf_hash(b"x") };
        let at = Timestamp::from_millis(1_795_485_600_000).unwrap();
        let lines = by.iter().map(|n| witness(*n).cosign(&head.text(), at));
        sign_checkpoint(&head, &signer()) + &lines.collect::<String>()
    }

    #[test]
    fn a_head_is_believed_when_the_quorum_has_cosigned_it() {
        let two_levels = "group X 2 W1 W2 W3\ngroup all-of all X W4\nquorum all-of\n";
        for (rest, by, believed) in [
            ("quorum none", &[][..], true),
            ("quorum W1", &[1], true),
            ("quorum W1", &[2], false),
            ("group any-of any W1 W2\nquorum any-of", &[2], true),
            (two_levels, &[1, 2, 4], true),
            (two_levels, &[1, 3, 4], true),
            (two_levels, &[1, 4], false),
            (two_levels, &[1, 2, 3], false),
            (two_levels, &[1, 2, 3, 4], true),
        ] {
            let held = policy(rest).unwrap().believe(&note(by));
            assert_eq!(held.is_ok(), believed, "{rest} {by:?}");
            if let Ok(held) = held {
                assert_eq!(held.witnesses.len(), by.len());
            }
        }
    }

    #[test]
    fn a_head_of_another_log_or_with_a_false_line_of_a_witness_is_not_believed() {
        let policy = policy("quorum none").unwrap();
        let head = Checkpoint { origin: "other".into(), size: 3, root: leaf_hash(b"x") };
        let other = sign_checkpoint(&head, &NoteSigner::from_seed("other", [50; 32]));
        assert!(policy.believe(&other).is_err());
        // Signed by the log's key, but for another origin.
        assert!(policy.believe(&signer().sign(&head.text())).is_err());
        let at = Timestamp::from_millis(0).unwrap();
        let false_line = note(&[]) + &witness(1).cosign("another text\n", at);
        assert!(policy.believe(&false_line).is_err());
    }

    #[test]
    fn a_text_that_is_no_policy_is_refused_with_its_line() {
        for (rest, line) in [
            ("", 0),
            ("quorum W9", 8),
            ("quorum W1\nquorum W2", 9),
            ("group X 0 W1\nquorum X", 8),
            ("group X 3 W1 W2\nquorum X", 8),
            ("group X all\nquorum X", 8),
            ("group X any W1\ngroup Y any W1\nquorum Y", 9),
            ("group W1 any W2\nquorum W1", 8),
            ("group none any W2\nquorum none", 8),
            ("witness W5 nonsense\nquorum none", 8),
            ("log nonsense\nquorum none", 8),
            ("bogus\nquorum none", 8),
        ] {
            let error = policy(rest).unwrap_err();
            assert_eq!(error.line, line, "{rest}: {error}");
        }
        let again = format!("witness V {}\nquorum none", witness(1).verifier());
        assert!(policy(&again).is_err(), "one key under two names counts twice");
        let signer_as_witness = format!("witness V {}\nquorum none", signer().vkey());
        assert!(policy(&signer_as_witness).is_err());
    }
}
