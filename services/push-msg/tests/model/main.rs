//! T5c: two pushers and one batch, in every order in which their steps, LINE's answers and the time can fall.

mod world;

use stateright::{Checker as _, HasDiscoveries, Model as _};
use world::{AT_MOST_ONCE, Defence, Rules};

/// Whether somebody gets a message twice, in some order, if the algorithm lacks this defence.
fn doubles_without(defence: Defence) -> bool {
    let doubled = HasDiscoveries::AnyOf([AT_MOST_ONCE].into());
    let checker = Rules::without(defence).checker().finish_when(doubled);
    let checker = checker.threads(2).spawn_bfs().join();
    checker.discovery(AT_MOST_ONCE).is_some()
}

#[test]
fn t5c_nobody_gets_a_message_twice_whatever_befalls_two_pushers() {
    let checker = Rules::default().checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    // A model that goes nowhere proves nothing.
    assert!(checker.unique_state_count() > 10_000);
}

#[test]
fn t5c_without_the_fence_somebody_does() {
    assert!(doubles_without(Defence::Fence));
}

#[test]
fn t5c_without_the_stored_key_somebody_does() {
    assert!(doubles_without(Defence::StoredKey));
}

#[test]
fn t5c_without_the_end_after_23_hours_somebody_does() {
    assert!(doubles_without(Defence::KeyLife));
}

#[test]
fn t5c_without_counting_unanswered_attempts_somebody_does() {
    assert!(doubles_without(Defence::Unanswered));
}

#[test]
fn t5c_if_a_batch_read_earlier_could_leave_under_its_old_key_somebody_does() {
    assert!(doubles_without(Defence::SameKey));
}
