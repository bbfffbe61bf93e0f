//! Events come in any order, and more than once: what is true in the end does not depend on it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use testkit::tier::Tier;

use crate::events::{event, follow, text, unfollow, unsend, with};
use crate::harness::{START, TestApp};

/// What one person does, in the order in which LINE numbers it; several things may happen at one time.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Follow,
    Unfollow,
    Say,
    /// Edits what was said by the deed of this number, if that was one.
    Edit(usize),
    /// Takes that back.
    Unsend(usize),
}

#[derive(Debug, Clone)]
struct Case {
    deeds: Vec<(Deed, i64)>,
    /// The deeds as they are delivered, by number: each once or more, in any order, in so many requests.
    deliveries: Vec<Vec<usize>>,
}

fn cases() -> impl Strategy<Value = Case> {
    let deed = prop_oneof![
        Just(Deed::Follow),
        Just(Deed::Unfollow),
        Just(Deed::Say),
        (0..6_usize).prop_map(Deed::Edit),
        (0..6_usize).prop_map(Deed::Unsend),
    ];
    let deeds = prop::collection::vec((deed, 0..3_i64), 1..=6);
    deeds.prop_flat_map(|deeds| {
        let again = prop::collection::vec(0..deeds.len(), 0..=3);
        let order = again.prop_flat_map({
            let count = deeds.len();
            move |again| Just((0..count).chain(again).collect::<Vec<_>>()).prop_shuffle()
        });
        let size = 1..=4_usize;
        (Just(deeds), order, size).prop_map(|(deeds, order, size)| Case {
            deeds,
            deliveries: order.chunks(size).map(<[_]>::to_vec).collect(),
        })
    })
}

/// A case of one person's; nobody else has its IDs.
struct Person {
    luid: String,
    /// The number of the first event.
    first: i64,
}

impl Person {
    fn next() -> Self {
        static NEXT: AtomicI64 = AtomicI64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            luid: format!("U{number:032x}"),
            first: number * 10,
        }
    }

    fn event(&self, number: usize, (deed, time): (Deed, i64)) -> Value {
        let id = self.id(number);
        let event = match deed {
            Deed::Follow => follow(id, &self.luid),
            Deed::Unfollow => unfollow(id, &self.luid),
            Deed::Say => text(id, &self.luid, "canary"),
            Deed::Edit(said) => {
                let message =
                    json!({ "id": self.id(said).to_string(), "type": "text", "text": "canary" });
                let source = crate::events::user(&self.luid);
                event(id, "messageEdited", &source, json!({ "message": message }))
            }
            Deed::Unsend(said) => unsend(id, &self.luid, self.id(said)),
        };
        with(event, "timestamp", json!(START.as_millis() - 1000 + time))
    }

    fn id(&self, number: usize) -> i64 {
        self.first + i64::try_from(number).unwrap()
    }

    /// How many of this person's events are as `condition` says.
    fn events(&self, condition: &str) -> String {
        let (first, last) = (self.id(0), self.id(9));
        let keys = format!(
            "event_key between '{}' and '{}'",
            crate::events::event_id(first),
            crate::events::event_id(last)
        );
        format!("select count(*) from event where {keys} and {condition}")
    }
}

async fn check(app: &TestApp, case: &Case) {
    let person = Person::next();
    let mut inbox = app.inbox().await;
    for delivery in &case.deliveries {
        let events = delivery
            .iter()
            .map(|number| person.event(*number, case.deeds[*number]));
        app.deliver(events).await;
    }
    let all = i64::try_from(case.deeds.len()).unwrap();
    inbox.wait(&person.events("state = 'done'"), all).await;
    let empty =
        "state = 'done' and length(raw) = 0 and conversation is null and message_id is null";
    assert_eq!(inbox.number(&person.events(empty)).await, all);

    let taken_back = case.deeds.iter().filter_map(|(deed, _)| match deed {
        Deed::Unsend(said) => Some(person.id(*said)),
        _ => None,
    });
    let unsent: BTreeSet<_> = taken_back.collect();
    let of_person = format!(
        "select count(*) from unsent where length(message_id) = length('{0}') and message_id between '{0}' and '{1}'",
        person.id(0),
        person.id(9)
    );
    assert_eq!(
        inbox.number(&of_person).await,
        i64::try_from(unsent.len()).unwrap()
    );

    // api-users has the last writer win, by time and then by ID.
    let mut told: Vec<_> = app.users.friendships.all();
    told.retain(|(who, _)| *who == person.luid);
    let numbered = (0..).zip(&case.deeds);
    let mut happened: Vec<_> = numbered
        .filter_map(|(number, (deed, time))| {
            let friendship = match deed {
                Deed::Follow => "following",
                Deed::Unfollow => "blocked",
                _ => return None,
            };
            let id = crate::events::event_id(person.id(number));
            Some((START.as_millis() - 1000 + time, id, friendship))
        })
        .collect();
    let mut told: Vec<_> = told
        .iter()
        .map(|(_, change)| {
            let id = change["event_id"].as_str().unwrap().to_owned();
            (
                change["event_at"].as_i64().unwrap(),
                id,
                change["friendship"].as_str().unwrap(),
            )
        })
        .collect();
    told.sort();
    happened.sort();
    assert_eq!(told, happened, "each once, as it happened");
}

#[test]
fn i3_the_order_of_delivery_does_not_matter() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let config = Config {
        cases: Tier::from_env().pick(64, 10_000),
        failure_persistence: None,
        ..Config::default()
    };
    let checked = TestRunner::new(config).run(&cases(), |case| {
        runtime.block_on(check(&app, &case));
        Ok(())
    });
    checked.unwrap();
    let _within = runtime.enter();
    drop(app);
}
