//! Makes characters that cannot be seen visible. Knows nothing of what the text means.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every control, zero-width and direction character written out as `⟨U+202E⟩`.
///
/// For values on one line that a clerk reads: no such character can then turn a line around, hide
/// a difference between two names, or break a table. Storage keeps the text as it came.
///
/// ```
/// use green_channel::codes::visible;
/// assert_eq!(visible("张三"), "张三");
/// assert_eq!(visible("张\u{202e}三"), "张⟨U+202E⟩三");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unseen(character) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Whether the character changes or hides text without being seen itself.
///
/// Variation selectors are not among them: they belong to legitimate names (the registered shape
/// of a rare character) and change nothing but that one shape.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' // soft hyphen
            | '\u{061c}' // Arabic letter mark
            | '\u{115f}'..='\u{1160}' // blank Hangul fillers
            | '\u{200b}'..='\u{200f}' // zero-width, direction marks
            | '\u{2028}'..='\u{202e}' // line and paragraph ends, direction overrides
            | '\u{2060}'..='\u{206f}' // joiners, isolates
            | '\u{3164}' | '\u{ffa0}' // blank Hangul fillers
            | '\u{feff}' // byte order mark
            | '\u{fff9}'..='\u{fffb}' // interlinear annotation
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legitimate_text_is_shown_as_it_is() {
        for text in ["", "买买提·艾合买提", "𠮷田𪚥", "葛\u{e0100}城", "Zoë O’Neill", "１２"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn every_listed_invisible_character_is_written_out() {
        let listed = ('\u{200b}'..='\u{200f}')
            .chain('\u{202a}'..='\u{202e}')
            .chain('\u{2066}'..='\u{2069}')
            .chain(['\u{feff}', '\0', '\n', '\r', '\t', '\u{1b}', '\u{7f}', '\u{85}', '\u{2028}']);
        for character in listed {
            let shown = visible(&character.to_string()).into_owned();
            assert_eq!(shown, format!("⟨U+{:04X}⟩", u32::from(character)));
            assert!(!shown.chars().any(is_unseen));
        }
    }
}
