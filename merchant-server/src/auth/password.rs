//! Passwords: what a good one is, and Argon2id with 19 MiB and two passes, on a blocking thread, at
//! most two at once.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Hashing takes memory on purpose; more than two at once would be a way to exhaust it.
static SLOTS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

fn argon() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are constants");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A password that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("新密码须为 12 至 128 个字符")]
    Length,
    #[error("新密码不能与登录名或姓名相同")]
    Name,
    #[error("新密码不能与原密码相同")]
    Same,
    #[error("两次输入的新密码不一致")]
    Differs,
}

/// Refuses a password that is too short, too long, or what everybody would try first.
pub(crate) fn check_password(new: &str, login: &str, name: &str) -> Result<(), PasswordError> {
    if !(12..=128).contains(&new.chars().count()) {
        return Err(PasswordError::Length);
    }
    let same = |known: &str| new.trim().to_lowercase() == known.trim().to_lowercase();
    if same(login) || same(name) { Err(PasswordError::Name) } else { Ok(()) }
}

/// A secret for people to type: 79 random bits in letters and digits that cannot be mistaken for
/// one another.
pub(crate) fn fresh_secret(random: [u8; 16]) -> String {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 31)])).collect()
}

/// The hash of a password, in PHC form.
pub(crate) async fn hash_password(password: String, salt: [u8; 16]) -> String {
    let hash = move || {
        let hashed = argon().hash_password_with_salt(password.as_bytes(), &salt);
        hashed.expect("a 16-byte salt is valid").to_string()
    };
    run(hash).await
}

/// Whether the password fits. An unknown person is checked against a dummy, so that the time says
/// nothing.
pub(crate) async fn verify_password(password: String, stored: Option<String>) -> bool {
    let known = stored.is_some();
    let stored = stored.unwrap_or_else(|| DUMMY.to_owned());
    let check = move || {
        let parsed = PasswordHash::new(&stored);
        parsed.is_ok_and(|hash| argon().verify_password(password.as_bytes(), &hash).is_ok())
    };
    run(check).await && known
}

/// A hash of nobody's password with the same cost.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                     AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let slot = Arc::clone(&SLOTS).acquire_owned().await.expect("the semaphore is never closed");
    // The slot goes with the work: whoever hangs up meanwhile does not free it.
    let hashing = move || {
        let done = work();
        drop(slot);
        done
    };
    tokio::task::spawn_blocking(hashing).await.expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_enough_and_nobodys_name() {
        let name = "欧阳小明与诸葛大明与司马中明";
        let check = |new: &str| check_password(new, "wang.xiaoming", name);
        assert_eq!(check("elevenchars"), Err(PasswordError::Length));
        assert_eq!(check(&"长".repeat(129)), Err(PasswordError::Length));
        assert_eq!(check("Wang.Xiaoming"), Err(PasswordError::Name));
        assert_eq!(check(name), Err(PasswordError::Name));
        assert_eq!(check("twelve chars"), Ok(()));
        assert_eq!(check(&"长".repeat(128)), Ok(()));
        assert_eq!(check(&fresh_secret([7; 16])), Ok(()));
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_fits() {
        let hash = hash_password("right".into(), [7; 16]).await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify_password("right".into(), Some(hash.clone())).await);
        assert!(!verify_password("wrong".into(), Some(hash)).await);
        assert!(!verify_password("right".into(), None).await);
        assert!(PasswordHash::new(DUMMY).is_ok());
    }
}
