//! Names of people. Refuses next to nothing, alters nothing, and tells nothing of a name but
//! through [`PersonName::expose`], [`PersonName::shown`] and [`PersonName::masked`].

use std::borrow::Cow;

use super::text::{checked_text, redacted_debug};
use super::visible::visible;

/// The name of a person, kept as it was sent.
///
/// Middle dots of any kind, rare characters of four bytes, Latin letters, one character alone: all
/// are names. Characters that hide or turn text are kept, because the name may be part of what
/// somebody signed, and are written out where a person reads it. Never printed by `Debug`.
///
/// ```
/// use green_channel::codes::PersonName;
/// let name = PersonName::parse("买买提·艾力")?;
/// assert_eq!(name.masked(), "买买提·*");
/// assert_eq!(format!("{name:?}"), "PersonName(redacted)");
/// # Ok::<(), green_channel::codes::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// Reads a name of 1 to 64 characters.
    ///
    /// # Errors
    /// An empty or longer one, or one with control characters (a line break, a tab, an escape).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        if text.trim().is_empty() || text.chars().nth(LENGTH_MAX).is_some() {
            return Err(NameError::Length);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as it was sent, for those who may see it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The name for a page, with characters that cannot be seen written out.
    #[must_use]
    pub fn shown(&self) -> Cow<'_, str> {
        visible(&self.0)
    }

    /// The family name, or the part before the middle dot, and stars for the rest.
    ///
    /// 张三 → 张*, 欧阳娜娜 → 欧阳**, 买买提·艾力 → 买买提·*, Zoë → Z**. Never more than three stars,
    /// so that the length of a long name does not give it away; one character alone → *.
    #[must_use]
    pub fn masked(&self) -> String {
        let name = self.0.trim();
        if let Some((dot, mark)) = name.char_indices().find(|(_, c)| MIDDLE_DOTS.contains(c))
            && dot > 0
        {
            return format!("{}{mark}*", visible(&name[..dot]));
        }
        let letters = letters(name);
        let family = match letters.get(..2) {
            Some(pair) if letters.len() > 2 && COMPOUND.contains(&pair.concat().as_str()) => 2,
            Some(_) => 1,
            None => 0,
        };
        let hidden = (letters.len() - family).min(3);
        format!("{}{}", visible(&letters[..family].concat()), "*".repeat(hidden))
    }
}

redacted_debug!(PersonName);
checked_text!(PersonName, NameError, expose, max 64, "姓名, as the consumer writes it");

/// Why a text is no name. Says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or too much.
    #[error("a name has 1 to 64 characters")]
    Length,
    /// A control character.
    #[error("a name has no control characters; leave out line breaks and tabs")]
    Control,
}

const LENGTH_MAX: usize = 64;
/// How senders write the dot between the parts of a name.
const MIDDLE_DOTS: [char; 4] = ['\u{00b7}', '\u{2022}', '\u{30fb}', '\u{2027}'];
/// Family names of two characters that are still borne by many.
const COMPOUND: [&str; 24] = [
    "欧阳", "上官", "司马", "诸葛", "司徒", "皇甫", "尉迟", "长孙", "慕容", "夏侯", "公孙", "东方",
    "令狐", "轩辕", "宇文", "端木", "西门", "独孤", "南宫", "申屠", "闻人", "濮阳", "澹台", "淳于",
];

/// The characters of a name, each with the variation selectors and combining marks after it.
fn letters(name: &str) -> Vec<&str> {
    let belongs_to_the_one_before = |c: char| matches!(c, '\u{0300}'..='\u{036f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    let mut starts: Vec<usize> = name
        .char_indices()
        .filter(|&(at, c)| at == 0 || !belongs_to_the_one_before(c))
        .map(|(at, _)| at)
        .collect();
    starts.push(name.len());
    starts.windows(2).map(|pair| &name[pair[0]..pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEGITIMATE: [&str; 14] = [
        "张三",
        "曌",
        "欧阳娜娜",
        "买买提·艾合买提",
        "阿依古丽•买买提",
        "ジャン・レノ",
        "𠮷田𪚥",
        "\u{30000}\u{31350}",
        "葛\u{e0100}城",
        "Zoë O’Neill-Smith",
        "MARY ANN",
        "\u{f900}\u{fa0e}",
        "古丽巴哈尔·阿卜杜热合曼·吐尔逊江·艾尼瓦尔",
        "张\u{200b}三\u{202e}",
    ];

    #[test]
    fn no_legitimate_name_is_refused_or_altered() {
        for name in LEGITIMATE {
            assert_eq!(PersonName::parse(name).unwrap().expose(), name);
            let json = serde_json::to_string(name).unwrap();
            let read: PersonName = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
        assert!(PersonName::parse(&"𪚥".repeat(64)).is_ok());
    }

    #[test]
    fn only_control_characters_and_lengths_are_refused() {
        for (name, expect) in [
            ("", NameError::Length),
            (" \u{3000}", NameError::Length),
            ("张\n三", NameError::Control),
            ("张\t三", NameError::Control),
            ("\u{1b}[31m张三", NameError::Control),
            ("张\u{85}三", NameError::Control),
            ("张三\0", NameError::Control),
        ] {
            assert_eq!(PersonName::parse(name), Err(expect));
        }
        assert_eq!(PersonName::parse(&"张".repeat(65)), Err(NameError::Length));
    }

    #[test]
    fn what_turns_or_hides_text_is_seen() {
        let name = PersonName::parse("张\u{200b}三\u{202e}").unwrap();
        assert_eq!(name.shown(), "张⟨U+200B⟩三⟨U+202E⟩");
        let turned = PersonName::parse("\u{202e}张三").unwrap();
        assert_eq!(turned.masked(), "⟨U+202E⟩**");
    }

    #[test]
    fn a_mask_shows_the_family_name_only() {
        for (name, masked) in [
            ("张三", "张*"),
            ("张三丰", "张**"),
            ("欧阳娜娜", "欧阳**"),
            ("欧阳娜", "欧阳*"),
            ("欧阳", "欧*"),
            ("曌", "*"),
            ("买买提·艾合买提", "买买提·*"),
            ("阿依古丽•买买提·江", "阿依古丽•*"),
            ("ジャン・レノ", "ジャン・*"),
            ("·买买提", "·***"),
            ("𠮷田𪚥", "𠮷**"),
            ("葛\u{e0100}城", "葛\u{e0100}*"),
            ("葛\u{e0100}", "*"),
            ("Alexander the Great", "A***"),
        ] {
            assert_eq!(PersonName::parse(name).unwrap().masked(), masked, "{name}");
        }
    }
}
