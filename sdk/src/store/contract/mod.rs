//! The sentences of the [`Store`] contract as checks any engine can be held to. Each check is a
//! function whose name is the claim; it gets a fresh store. It knows nothing of engines.

mod cases;
mod log;
mod make;
mod outbox;
mod pages;
mod records;
mod reopen;
mod shared;

use std::future::Future;
use std::sync::Arc;

pub use reopen::what_was_committed_survives_reopening;
pub use shared::shared;

use super::Store;

/// Runs every check, each on a store that `make` gives, and panics with the claim that does not
/// hold. Needs a running tokio runtime.
///
/// # Panics
/// When the store breaks its contract.
pub async fn all<S, F, Fut>(make: F)
where
    S: Store,
    F: Fn() -> Fut,
    Fut: Future<Output = S>,
{
    macro_rules! hold {
        ($($room:ident::$claim:ident,)*) => {
            $(hold(stringify!($claim), $room::$claim(Arc::new(make().await))).await;)*
        };
    }
    hold! {
        cases::commit_is_all_or_nothing,
        cases::a_read_sees_what_was_committed_before_it,
        cases::a_failing_change_never_fails_its_neighbours,
        cases::two_writers_of_one_version_one_wins,
        cases::an_id_and_a_stream_belong_to_one_case,
        cases::a_complaint_number_is_unique_for_ever,
        cases::erase_removes_everything_sealed_and_keeps_the_leaves,
        cases::a_notice_is_taken_once,
        cases::a_token_is_accepted_once,
        cases::a_used_token_is_told_before_a_lost_race,
        cases::a_sweep_forgets_only_what_ended,
        pages::pages_visit_each_case_once,
        pages::cases_wake_in_their_turn,
        pages::counts_equal_the_truth,
        log::streams_have_no_gaps,
        log::positions_are_given_once_by_two_sequencers,
        log::a_leaf_is_positioned_once,
        log::there_is_one_checkpoint_per_size,
        log::checkpoints_are_listed_in_order,
        outbox::reports_leave_in_order,
        outbox::a_lease_hides_a_report_until_it_ends,
        outbox::a_lost_fence_cannot_write,
        outbox::a_claim_leases_what_is_due,
        outbox::a_dead_report_blocks_later_ones_of_its_case_only,
        outbox::a_replayed_report_goes_again,
        outbox::sequences_have_no_gaps,
        outbox::reports_are_listed_newest_first,
        records::a_record_moves_by_its_version,
        records::records_are_listed_by_id,
        records::a_lost_hold_cannot_write,
    }
}

async fn hold(claim: &str, check: impl Future<Output = ()> + Send + 'static) {
    let held = tokio::spawn(check).await.is_ok();
    assert!(held, "the store breaks its contract: {claim}");
}
