//! Time-based one-time codes (RFC 6238): SHA-1, 30 seconds, six digits, what every authenticator
//! app computes. Takes secret and time as arguments; knows nothing of what a code opens.

use std::fmt::Write as _;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use crate::time::Timestamp;

/// Seconds of one step.
pub const STEP_SECONDS: u64 = 30;
/// Bytes of a secret, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;
/// So many steps before and after now are believed: clocks of telephones differ.
const WINDOW: u64 = 1;

/// The step of an instant.
#[must_use]
pub fn step_of(now: Timestamp) -> u64 {
    u64::try_from(now.as_seconds()).unwrap_or(0) / STEP_SECONDS
}

/// The six digits of a step.
#[must_use]
pub fn code(secret: &[u8], step: u64) -> String {
    format!("{:06}", truncated(secret, step) % 1_000_000)
}

/// The step that this code stands for, if it is one of now or next to it and later than the last
/// one used: a code is good once.
#[must_use]
pub fn accepts(secret: &[u8], typed: &str, now: Timestamp, last_used: Option<u64>) -> Option<u64> {
    let current = step_of(now);
    let near = current.saturating_sub(WINDOW)..=current.saturating_add(WINDOW);
    let mut fresh = near.filter(|step| last_used.is_none_or(|last| *step > last));
    fresh.find(|step| {
        verify_slices_are_equal(code(secret, *step).as_bytes(), typed.as_bytes()).is_ok()
    })
}

/// The bytes in base 32 (RFC 4648) without padding, as authenticator apps take a secret.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut block = [0; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(block);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let [.., five] = (bits >> (35 - 5 * place)).to_be_bytes();
            text.push(char::from(LETTERS[usize::from(five & 31)]));
        }
    }
    text
}

/// The `otpauth://` address that an authenticator app takes.
#[must_use]
pub fn uri(issuer: &str, account: &str, secret: &[u8]) -> String {
    let (issuer, account) = (escaped(issuer), escaped(account));
    let secret = base32(secret);
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6\
         &period={STEP_SECONDS}"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// The 31 bits that RFC 4226 takes out of the MAC.
fn truncated(secret: &[u8], step: u64) -> u32 {
    // SHA-1 by the standard: no app that people have computes anything else reliably, and HMAC
    // does not rest on what broke SHA-1.
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0x0f);
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[offset..offset + 4]);
    u32::from_be_bytes(four) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238_appendix_b() {
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = step_of(at(seconds));
            assert_eq!(format!("{:08}", truncated(SECRET, step) % 100_000_000), eight);
            assert_eq!(code(SECRET, step), eight[2..], "{seconds}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), encoded);
        }
        assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_of_the_step_before_or_after_is_believed_and_no_further_one() {
        let now = at(1_234_567_890);
        let step = step_of(now);
        for near in [step - 1, step, step + 1] {
            assert_eq!(accepts(SECRET, &code(SECRET, near), now, None), Some(near));
        }
        for far in [step - 2, step + 2] {
            assert_eq!(accepts(SECRET, &code(SECRET, far), now, None), None);
        }
        for other in ["", "12345", "1234567", "ABCDEF"] {
            assert_eq!(accepts(SECRET, other, now, None), None, "{other:?}");
        }
    }

    #[test]
    fn a_step_is_good_once_and_none_before_it_afterwards() {
        let now = at(1_234_567_890);
        let step = step_of(now);
        assert_eq!(accepts(SECRET, &code(SECRET, step), now, Some(step)), None);
        assert_eq!(accepts(SECRET, &code(SECRET, step - 1), now, Some(step)), None);
        assert_eq!(accepts(SECRET, &code(SECRET, step + 1), now, Some(step)), Some(step + 1));
    }

    #[test]
    fn the_address_names_issuer_and_account_and_holds_nothing_unescaped() {
        let uri = uri("示例 商场", "wang", SECRET);
        let issuer = "%E7%A4%BA%E4%BE%8B%20%E5%95%86%E5%9C%BA";
        assert!(uri.starts_with(&format!("otpauth://totp/{issuer}:wang?secret=GEZDGNBVGY3")));
        assert!(uri.ends_with(&format!("&issuer={issuer}&algorithm=SHA1&digits=6&period=30")));
    }
}
