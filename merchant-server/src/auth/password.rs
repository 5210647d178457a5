//! Passwords: Argon2id with 19 MiB and two passes, on a blocking thread, at most two at once.

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Hashing takes memory on purpose; more than two at once would be a way to exhaust it.
static SLOTS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

fn argon() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are constants");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
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
    let _slot = SLOTS.acquire().await.expect("the semaphore is never closed");
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

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
