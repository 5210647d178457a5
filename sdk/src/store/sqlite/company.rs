//! Waiting a moment for company: a commit of two changes costs nearly what one of twenty does, and
//! under load the others are just coming. Whoever is alone never waits.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::Receiver;

use super::writer::Job;

/// Fewer than this together are no load.
const FEW: usize = 4;
/// The longest wait, however long a commit takes.
const LONGEST: Duration = Duration::from_millis(2);
/// How often the queue is looked at meanwhile, and how often in vain.
const LOOK: Duration = Duration::from_micros(50);
const VAIN: u32 = 3;

/// How many came together lately, and how long they took.
#[derive(Default)]
pub(super) struct Company {
    expected: usize,
    took: Duration,
}

impl Company {
    /// Waits for as many as came lately while they keep coming, at most as long as the last commit
    /// took.
    pub(super) fn gather(&self, jobs: &mut Receiver<Job>, waiting: &mut Vec<Job>, most: usize) {
        if self.expected < FEW {
            return;
        }
        let (wanted, limit) = (self.expected.min(most), self.took.min(LONGEST));
        let (began, mut vain) = (Instant::now(), 0);
        while waiting.len() < wanted && vain < VAIN && began.elapsed() < limit {
            std::thread::sleep(LOOK);
            let before = waiting.len();
            while waiting.len() < most {
                match jobs.try_recv() {
                    Ok(job) => waiting.push(job),
                    Err(_) => break,
                }
            }
            vain = if waiting.len() > before { 0 } else { vain + 1 };
        }
    }

    /// Notes a commit of so many. A smaller one only slowly makes us expect less.
    pub(super) fn note(&mut self, size: usize, took: Duration) {
        self.expected = size.max(self.expected - self.expected.div_ceil(8));
        self.took = took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_alone_is_not_expected_to_have_company() {
        let mut company = Company::default();
        for _ in 0..10 {
            company.note(1, Duration::from_millis(1));
            assert!(company.expected < FEW);
        }
    }

    #[test]
    fn a_load_that_has_gone_is_soon_expected_no_more() {
        let mut company = Company::default();
        company.note(64, Duration::from_millis(1));
        let mut commits = 0;
        while company.expected >= FEW {
            company.note(1, Duration::from_millis(1));
            commits += 1;
        }
        assert!(commits < 30, "{commits}");
    }
}
