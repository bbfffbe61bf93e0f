//! Events come in any order, and more than once: what is true in the end does not depend on it.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use testkit::tier::Tier;

use crate::events::{event, event_id, follow, text, unfollow, unsend, user, with};
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
                let source = user(&self.luid);
                event(id, "messageEdited", &source, json!({ "message": message }))
            }
            Deed::Unsend(said) => unsend(id, &self.luid, self.id(said)),
        };
        with(event, "timestamp", json!(START.as_millis() - 1000 + time))
    }

    fn id(&self, number: usize) -> i64 {
        self.first + i64::try_from(number).unwrap()
    }

    /// How many of this person's messages are known to be taken back.
    fn unsent(&self) -> String {
        let (first, last) = (self.id(0), self.id(9));
        format!(
            "select count(*) from unsent
             where channel = 'default' and length(message_id) = length('{first}')
               and message_id between '{first}' and '{last}'"
        )
    }

    /// How many of this person's events are as `condition` says.
    fn events(&self, condition: &str) -> String {
        let (first, last) = (self.id(0), self.id(9));
        let keys = format!(
            "channel = 'default' and event_key between '{}' and '{}'",
            event_id(first),
            event_id(last)
        );
        format!("select count(*) from event where {keys} and {condition}")
    }
}

impl Case {
    async fn deliver(&self, app: &TestApp, person: &Person) {
        for delivery in &self.deliveries {
            let events = delivery.iter();
            app.deliver(events.map(|number| person.event(*number, self.deeds[*number])))
                .await;
        }
    }

    /// The messages that are taken back.
    fn unsent(&self, person: &Person) -> BTreeSet<i64> {
        let deeds = self.deeds.iter();
        deeds
            .filter_map(|(deed, _)| match deed {
                Deed::Unsend(said) => Some(person.id(*said)),
                _ => None,
            })
            .collect()
    }

    /// What api-users is to be told, which has the last writer win: by time, and then by ID.
    fn changes(&self, person: &Person) -> BTreeSet<(i64, String, String)> {
        let deeds = self.deeds.iter().enumerate();
        deeds
            .filter_map(|(number, (deed, time))| {
                let friendship = match deed {
                    Deed::Follow => "following",
                    Deed::Unfollow => "blocked",
                    _ => return None,
                };
                let id = event_id(person.id(number));
                Some((START.as_millis() - 1000 + time, id, friendship.to_owned()))
            })
            .collect()
    }
}

async fn check(app: &TestApp, cases: &[Case]) {
    let people: Vec<_> = cases.iter().map(|_| Person::next()).collect();
    let each = || cases.iter().zip(&people);
    join_all(each().map(|(case, person)| case.deliver(app, person))).await;

    let mut inbox = app.inbox().await;
    for (case, person) in each() {
        let all = i64::try_from(case.deeds.len()).unwrap();
        inbox.wait(&person.events("state = 'done'"), all).await;
        let empty = "length(raw) = 0 and conversation is null and message_id is null";
        assert_eq!(inbox.number(&person.events(empty)).await, all);
        let unsent = case.unsent(person).len();
        assert_eq!(
            inbox.number(&person.unsent()).await,
            i64::try_from(unsent).unwrap()
        );
    }

    let mut told: HashMap<String, Vec<_>> = HashMap::new();
    for (who, change) in app.users.friendships.all() {
        let at = change["event_at"].as_i64().unwrap();
        let [id, friendship] =
            ["event_id", "friendship"].map(|name| change[name].as_str().unwrap().to_owned());
        told.entry(who).or_default().push((at, id, friendship));
    }
    for (case, person) in each() {
        let mut told = told.remove(&person.luid).unwrap_or_default();
        told.sort();
        let changes: Vec<_> = case.changes(person).into_iter().collect();
        assert_eq!(told, changes, "each once, as it happened");
    }
}

#[test]
fn i3_the_order_of_delivery_does_not_matter() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let (rounds, people) = Tier::from_env().pick((8, 8), (200, 50));
    let config = Config {
        cases: rounds,
        failure_persistence: None,
        ..Config::default()
    };
    let cases = prop::collection::vec(cases(), people);
    let checked = TestRunner::new(config).run(&cases, |cases| {
        runtime.block_on(check(&app, &cases));
        Ok(())
    });
    checked.unwrap();
    let _within = runtime.enter();
    drop(app);
}
