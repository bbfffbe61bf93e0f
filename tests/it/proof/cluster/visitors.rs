//! People who come to the website all the time.

use std::time::Duration;

use testkit::people::Sim;
use tokio_util::sync::CancellationToken;

use super::rig::HOST;
use crate::manifests::traefik::Ingress;
use crate::website::{Visitor, journey};

/// One visitor after the other becomes a member and leaves. Says how many did, and how many could not.
pub(super) async fn visit_until(
    done: &CancellationToken,
    ingress: &Ingress,
    sim: Sim,
) -> (u32, u32) {
    let (mut journeys, mut disturbed) = (0, 0);
    while !done.is_cancelled() {
        let person = sim.add("Mei", "en").await.unwrap();
        let visitor = Visitor::through(ingress.client(HOST), ingress.websecure.port(), HOST);
        let sim = sim.clone();
        let walking = async move { journey(&visitor, &sim, &person.id, "Mei").await };
        match tokio::spawn(walking).await {
            Ok(()) => journeys += 1,
            Err(_) => disturbed += 1,
        }
        // They do not all come at once, and sign-ins of one address are limited.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    (journeys, disturbed)
}
