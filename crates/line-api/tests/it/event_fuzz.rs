//! Whatever arrives, nothing panics and no event costs its neighbours.

use line_api::event::{Delivery, Event, Kind};
use proptest::prelude::*;
use serde_json::{Value, json};

/// JSON of any shape, with the names that mean something here among its members.
fn odd_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "message", "text", "user", "postback", "beacon", "module", "active", "follow"
        ])
        .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let name = prop::sample::select(vec![
        "type",
        "message",
        "source",
        "userId",
        "timestamp",
        "mode",
        "id",
        "text",
        "mention",
        "mentionees",
        "joined",
        "members",
        "postback",
        "data",
        "beacon",
        "events",
        "destination",
        "webhookEventId",
        "replyToken",
        "deliveryContext",
    ]);
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..8).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn look_at_everything(event: &Event) {
    let _ = (
        event.dedupe_key(),
        event.chat_id(),
        event.reply_token().is_some(),
        event.mentions_bot(),
    );
    let _ = format!("{event:?}");
}

proptest! {
    #[test]
    fn no_bytes_cause_a_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        look_at_everything(&Event::parse(&body));
        if let Ok(delivery) = Delivery::parse(&body) {
            delivery.events.iter().for_each(look_at_everything);
        }
    }

    #[test]
    fn no_json_causes_a_panic_or_costs_its_neighbours(odd in odd_json()) {
        let leave = json!({ "type": "leave" });
        let body = json!({ "events": [leave, odd, leave] }).to_string();
        let delivery = Delivery::parse(body.as_bytes()).unwrap();
        prop_assert_eq!(&delivery.events[0].kind, &Kind::Leave);
        prop_assert_eq!(&delivery.events[2].kind, &Kind::Leave);
        let raw = odd.to_string();
        prop_assert_eq!(delivery.events[1].raw().as_ref(), raw.as_bytes());
        look_at_everything(&delivery.events[1]);
        let _ = Delivery::parse(raw.as_bytes());
    }

    #[test]
    fn no_mangled_delivery_causes_a_panic(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400) {
        let event = json!({
            "type": "message", "mode": "active", "timestamp": 1, "webhookEventId": "01A", "replyToken": "r",
            "source": { "type": "group", "groupId": "C1", "userId": "Ua11ce000000000000000000000000000" },
            "message": { "type": "text", "id": "1", "text": "\u{1f600} hi", "mention": { "mentionees": [{ "isSelf": true }] } },
        });
        let mut body = json!({ "destination": "U", "events": [event] }).to_string().into_bytes();
        if let Some(place) = body.get_mut(at) { *place = byte; }
        body.truncate(cut.max(1));
        look_at_everything(&Event::parse(&body));
        if let Ok(delivery) = Delivery::parse(&body) {
            delivery.events.iter().for_each(look_at_everything);
        }
    }
}
