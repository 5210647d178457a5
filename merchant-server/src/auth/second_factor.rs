//! The second factor: one-time codes of an authenticator app, and recovery codes for the day the
//! telephone is gone. The secret is sealed at rest.

use green_channel::channel::Channel;
use green_channel::store::Store;
use green_channel::totp;

use super::password::fresh_secret;
use super::people::{PeopleError, Person, Totp, person_change};

const RECOVERY_CODES: usize = 8;

/// A secret on its way into an authenticator app.
pub(crate) struct Offered {
    /// In base 32, to be typed.
    pub(crate) secret: String,
    /// As an `otpauth://` address.
    pub(crate) uri: String,
}

/// Draws a secret for a person, which counts for nothing until its first code is given.
pub(crate) async fn factor_offer<S: Store>(
    channel: &Channel<S>,
    login: &str,
) -> Result<Person, PeopleError> {
    let secret: [u8; totp::SECRET_BYTES] = channel.random();
    let sealed = hex::encode(channel.seal_small(&place(login), &secret));
    person_change(channel.store(), login, |person| {
        if person.totp.is_some() {
            return Err(PeopleError::FactorOn);
        }
        person.totp_offered = Some(sealed.clone());
        Ok(())
    })
    .await
}

/// What waits for its first code, as the person must see it.
pub(crate) fn factor_offered<S: Store>(channel: &Channel<S>, person: &Person) -> Option<Offered> {
    let sealed = hex::decode(person.totp_offered.as_ref()?).ok()?;
    let secret = channel.open_small(&place(&person.login), &sealed).ok()?;
    let uri = totp::uri(&channel.host().name, &person.login, &secret);
    Some(Offered { secret: totp::base32(&secret), uri })
}

/// Turns the second factor on with its first code; gives the recovery codes, which are shown once.
pub(crate) async fn factor_confirm<S: Store>(
    channel: &Channel<S>,
    login: &str,
    typed: &str,
) -> Result<(Person, Vec<String>), PeopleError> {
    let codes: Vec<String> =
        (0..RECOVERY_CODES).map(|_| grouped(&fresh_secret(channel.random()))).collect();
    let typed = normal(typed);
    let person = person_change(channel.store(), login, |person| {
        let offered = person.totp_offered.take().ok_or(PeopleError::Code)?;
        let step = accepted(channel, login, &offered, &typed, None).ok_or(PeopleError::Code)?;
        let recovery = codes.iter().map(|code| super::digest(&normal(code))).collect();
        person.totp = Some(Totp { secret: offered, last_step: step, recovery });
        Ok(())
    })
    .await?;
    Ok((person, codes))
}

/// Uses a code of the app or a recovery code up, if it is good. The person must then be written
/// before anybody is let in: a code opens once.
pub(super) fn use_code<S: Store>(channel: &Channel<S>, person: &mut Person, typed: &str) -> bool {
    let login = person.login.clone();
    let Some(factor) = &mut person.totp else { return false };
    let typed = normal(typed);
    if let Some(step) = accepted(channel, &login, &factor.secret, &typed, Some(factor.last_step)) {
        factor.last_step = step;
        return true;
    }
    let digest = super::digest(&typed);
    let before = factor.recovery.len();
    factor.recovery.retain(|left| *left != digest);
    factor.recovery.len() < before
}

/// The step of a code under a sealed secret.
fn accepted<S: Store>(
    channel: &Channel<S>,
    login: &str,
    sealed: &str,
    typed: &str,
    last: Option<u64>,
) -> Option<u64> {
    let sealed = hex::decode(sealed).ok()?;
    let Ok(secret) = channel.open_small(&place(login), &sealed) else {
        tracing::error!("a second factor does not open; reset it and look at keys.json");
        return None;
    };
    totp::accepts(&secret, typed, channel.now(), last)
}

fn place(login: &str) -> String {
    format!("person/{login}/totp")
}

/// What was typed, without what people add for the eye.
fn normal(typed: &str) -> String {
    let kept = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.collect::<String>().to_lowercase()
}

/// In groups of four, as people can copy it.
fn grouped(secret: &str) -> String {
    let mut grouped = String::new();
    for (place, letter) in secret.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push('-');
        }
        grouped.push(letter);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_reads_back_however_it_is_typed() {
        let code = grouped(&fresh_secret([9; 16]));
        assert_eq!(code.len(), 19);
        assert_eq!(normal(&code), fresh_secret([9; 16]));
        assert_eq!(normal(&format!(" {} ", code.to_uppercase())), normal(&code));
        assert_eq!(normal("123 456"), "123456");
    }
}
