//! The bot's table, purely.

use line_api::event::Event;
use serde_json::{Value, json};
use users_client::Friendship;
use webhook::bot::{Action, Phrase, Reply, Standing, respond};

use crate::events::{event, follow, group, mention, sticker, text, text_in, unfollow, user, with};
use crate::harness::ALICE;

fn say(phrase: Phrase) -> Vec<Action> {
    vec![Action::Reply(Reply::Say(phrase))]
}

fn echo(text: &str) -> Vec<Action> {
    vec![Action::Reply(Reply::Echo(text.into()))]
}

fn then(friendship: Friendship, mut actions: Vec<Action>) -> Vec<Action> {
    actions.insert(0, Action::SetFriendship(friendship));
    actions
}

#[test]
fn the_bot_answers_as_its_table_says() {
    let alice = user(ALICE);
    let in_group = group(Some(ALICE));
    let room = json!({ "type": "room", "roomId": "R1", "userId": ALICE });
    let postback = json!({ "postback": { "data": "x" } });
    let (join, wrong, nothing) = (say(Phrase::JoinUs), say(Phrase::WentWrong), Vec::new);
    let rows: Vec<(&str, Value, [Vec<Action>; 3])> = vec![
        (
            "text",
            text(1, ALICE, "hi"),
            [echo("hi"), join.clone(), wrong.clone()],
        ),
        (
            "sticker",
            sticker(1, &alice),
            [nothing(), join.clone(), wrong.clone()],
        ),
        (
            "postback",
            event(1, "postback", &alice, postback.clone()),
            [nothing(), join.clone(), wrong.clone()],
        ),
        (
            "follow",
            follow(1, ALICE),
            [say(Phrase::WelcomeBack), join.clone(), wrong.clone()]
                .map(|said| then(Friendship::Following, said)),
        ),
        (
            "unfollow",
            unfollow(1, ALICE),
            [nothing(), nothing(), nothing()].map(|said| then(Friendship::Blocked, said)),
        ),
        (
            "join",
            event(1, "join", &group(None), json!({})),
            std::array::from_fn(|_| say(Phrase::HowToRegister)),
        ),
        (
            "text in a group",
            text_in(1, &in_group, "hi"),
            [nothing(), nothing(), nothing()],
        ),
        (
            "sticker in a group",
            sticker(1, &in_group),
            [nothing(), nothing(), nothing()],
        ),
        (
            "postback in a group",
            event(1, "postback", &in_group, postback),
            [nothing(), nothing(), nothing()],
        ),
        (
            "mention of someone",
            mention(1, &in_group, false),
            [nothing(), nothing(), nothing()],
        ),
        (
            "mention",
            mention(1, &in_group, true),
            [echo("@Kaiin hello"), join.clone(), wrong.clone()],
        ),
        (
            "mention in a room",
            mention(1, &room, true),
            [echo("@Kaiin hello"), join, wrong],
        ),
        (
            "edited mention",
            with(mention(1, &in_group, true), "type", json!("messageEdited")),
            [nothing(), nothing(), nothing()],
        ),
        (
            "unknown",
            event(1, "tomorrow", &alice, json!({})),
            [nothing(), nothing(), nothing()],
        ),
    ];
    for (case, event, expected) in rows {
        let event = Event::parse(event.to_string().as_bytes());
        let standings = [Standing::Member, Standing::Stranger, Standing::Unknown];
        for (standing, expected) in standings.into_iter().zip(expected) {
            assert_eq!(respond(&event, standing), expected, "{case}, {standing:?}");
        }
    }
}
