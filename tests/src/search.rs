//! Looking for text in raw bytes, however it may be written there. Knows nothing of file formats:
//! what is compressed or encrypted, or cut in two by a page of a database, it does not find.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Texts to look for, each in every form that it may be written in: as UTF-8 or UTF-16, in hex, in
/// base64 at any offset, with the escapes of JSON, of a URL or of Rust, or as a list of numbers.
pub struct Needles {
    names: Vec<String>,
    /// Of which needle, and one form of it.
    forms: Vec<(usize, Vec<u8>)>,
    /// By their first two bytes, the places of the forms that begin so.
    begins: Vec<Vec<usize>>,
}

impl Needles {
    /// Looks for each of these texts.
    ///
    /// # Panics
    /// When one is so short that it is found anywhere.
    #[must_use]
    pub fn new<T: AsRef<str>>(texts: &[T]) -> Self {
        let mut needles = Self {
            names: Vec::new(),
            forms: Vec::new(),
            begins: vec![Vec::new(); usize::from(u16::MAX) + 1],
        };
        for text in texts {
            let text = text.as_ref();
            needles.push(text, forms(text));
        }
        needles
    }

    /// Looks also for these bytes, as they are and in hex; they are told by this name.
    ///
    /// # Panics
    /// When they are so few that they are found anywhere.
    #[must_use]
    pub fn and_bytes(mut self, name: &str, bytes: &[u8]) -> Self {
        let hex = [hex::encode(bytes).into_bytes(), hex::encode_upper(bytes).into_bytes()];
        self.push(name, [vec![bytes.to_vec()], hex.to_vec()].concat());
        self
    }

    /// Those that stand in these bytes.
    #[must_use]
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found = vec![false; self.names.len()];
        for (at, pair) in bytes.windows(2).enumerate() {
            for &place in &self.begins[begin(pair[0], pair[1])] {
                let (which, form) = &self.forms[place];
                if !found[*which] && bytes[at..].starts_with(form) {
                    found[*which] = true;
                }
            }
        }
        let found = self.names.iter().zip(found).filter(|(_, found)| *found);
        found.map(|(name, _)| name.as_str()).collect()
    }

    /// Which of them stand in which files below a folder; a line each. Sockets are left out.
    ///
    /// # Panics
    /// When a file cannot be read.
    #[must_use]
    pub fn in_folder(&self, folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the folder reads").flatten() {
            let path = entry.path();
            if path.is_dir() {
                found.extend(self.in_folder(&path));
            } else if path.is_file() {
                let bytes = std::fs::read(&path).expect("the file reads");
                let names = self.in_bytes(&bytes);
                found.extend(names.iter().map(|name| format!("{}: {name}", path.display())));
            }
        }
        found
    }

    fn push(&mut self, name: &str, forms: Vec<Vec<u8>>) {
        let which = self.names.len();
        self.names.push(name.to_owned());
        for form in forms {
            let [one, two, ..] = form[..] else { panic!("{name:?} is too short to look for") };
            self.begins[begin(one, two)].push(self.forms.len());
            self.forms.push((which, form));
        }
    }
}

/// Which of these texts stand in which files below a folder, in any form. Empty when none does.
///
/// # Panics
/// When a file cannot be read.
#[must_use]
pub fn files_with(folder: &Path, texts: &[&str]) -> Vec<String> {
    Needles::new(texts).in_folder(folder)
}

/// Whether this text stands in these bytes in any form.
#[must_use]
pub fn occurs(bytes: &[u8], text: &str) -> bool {
    !Needles::new(&[text]).in_bytes(bytes).is_empty()
}

fn begin(one: u8, two: u8) -> usize {
    usize::from(u16::from_be_bytes([one, two]))
}

/// Every form of a text, each once.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let plain = text.as_bytes();
    let mut forms = vec![
        plain.to_vec(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    let numbers: Vec<String> = plain.iter().map(ToString::to_string).collect();
    let mut written = vec![
        hex::encode(plain),
        hex::encode_upper(plain),
        text.escape_default().to_string(),
        numbers.join(","),
        numbers.join(", "),
    ];
    for (all, upper) in [(true, false), (false, false), (false, true)] {
        written.push(in_json(text, all, upper));
    }
    for (kept, space) in [("-_.~", "%20"), ("-_.*", "+"), ("", "%20")] {
        for upper in [true, false] {
            written.push(in_url(text, kept, space, upper));
        }
    }
    written.extend(in_base64(plain));
    forms.extend(written.into_iter().map(String::into_bytes));
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// With `\u` escapes: of all characters, or of those beyond ASCII.
fn in_json(text: &str, all: bool, upper: bool) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii() && !all {
            out.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]).iter() {
            let _ = if upper { write!(out, "\\u{unit:04X}") } else { write!(out, "\\u{unit:04x}") };
        }
    }
    out
}

/// With `%` escapes of all but letters, digits and what is `kept`.
fn in_url(text: &str, kept: &str, space: &str, upper: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte == b' ' {
            out.push_str(space);
        } else if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = if upper { write!(out, "%{byte:02X}") } else { write!(out, "%{byte:02x}") };
        }
    }
    out
}

/// In both alphabets, at each of the three offsets.
fn in_base64(plain: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for offset in 0..3 {
        let mut shifted = vec![0; offset];
        shifted.extend_from_slice(plain);
        // Only the characters that hang on the text alone.
        let (from, to) = ((offset * 8).div_ceil(6), shifted.len() * 8 / 6);
        for code in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(code[from..to].to_owned());
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_every_form_and_other_text_is_not() {
        let text = "张晓明13900001234";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let in_base64 = STANDARD_NO_PAD.encode(format!("x{text}yz"));
        for bytes in [
            format!("..{text}..").into_bytes(),
            utf16,
            hex::encode(text).into_bytes(),
            in_base64.into_bytes(),
        ] {
            assert!(occurs(&bytes, text));
            assert!(!occurs(&bytes, "张晓朋13900001234"));
        }
        assert!(occurs(b"\"\\u5f20\\u6653\\u660e\"", "张晓明"));
    }

    #[test]
    fn each_of_many_is_told_once_and_in_their_order() {
        let needles = Needles::new(&["欧阳静", "林雨桐", "赵一鸣"]).and_bytes("a key", &[7; 16]);
        let bytes = ["赵一鸣、欧阳静、赵一鸣".as_bytes(), &[7; 20][..]].concat();
        assert_eq!(needles.in_bytes(&bytes), ["欧阳静", "赵一鸣", "a key"]);
        assert_eq!(needles.in_bytes(hex::encode([7_u8; 16]).as_bytes()), ["a key"]);
        assert!(needles.in_bytes(&bytes[1..8]).is_empty());
    }
}
