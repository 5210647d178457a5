//! Waiting for what happens by itself. Knows nothing of what it is.

use std::time::{Duration, Instant};

/// Asks again and again until it is so.
///
/// # Panics
/// When it is not so within the time.
pub async fn eventually<F>(what: &str, limit: Duration, mut check: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let began = Instant::now();
    while !check().await {
        assert!(began.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
