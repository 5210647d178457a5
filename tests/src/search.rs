//! Looking for text in raw bytes, however it may be written there. Knows nothing of file formats.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Which of these texts stand in which files below a folder: as UTF-8, UTF-16, in hex, in base64
/// at any offset, or as JSON escapes. Empty when none does.
///
/// # Panics
/// When a file cannot be read.
#[must_use]
pub fn files_with(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder reads").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, texts));
            continue;
        }
        let bytes = widened(&std::fs::read(&path).expect("the file reads"));
        for text in texts {
            if forms(text).iter().any(|form| bytes.contains(form)) {
                found.push(format!("{}: {text}", path.display()));
            }
        }
    }
    found
}

/// Whether this text stands in these bytes in any of those forms.
#[must_use]
pub fn occurs(bytes: &[u8], text: &str) -> bool {
    let bytes = widened(bytes);
    forms(text).iter().any(|form| bytes.contains(form))
}

/// One character a byte, so that the search of strings can be used on bytes.
fn widened(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn forms(text: &str) -> Vec<String> {
    let plain = text.as_bytes();
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let mut forms = vec![widened(plain), widened(&little), widened(&big), escaped];
    forms.push(hex::encode(plain));
    forms.push(hex::encode_upper(plain));
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
}
