//! What is asked of the members' API.

use std::time::Duration;

use super::population::Subject;
use crate::bench::cell::{Cell, Group};
use crate::bench::load::Traffic;
use crate::bench::server::Store;

/// How many look-ups a second the runs at a fixed rate get.
pub(super) const RATE: f64 = 2_000.0;

/// Longer than the minute after which the service writes down who was looked up, and as long as that may take.
const LONG: Duration = Duration::from_secs(80);

/// What lists are sorted by.
pub(super) const SORTS: [&str; 4] = ["created_at", "-created_at", "display_name", "-display_name"];

/// Segments, each with more to it than the one before.
pub(super) const SEGMENTS: [(&str, &str); 3] = [
    ("one tag", r#"tag = "vip""#),
    (
        "three conditions",
        r#"language = "ja" and joined within 365 days and attribute.visits >= 50"#,
    ),
    (
        "six conditions",
        r#"(tag = "vip" or attribute.city in ("City 1", "City 2")) and (language = "zh" or not attribute.visits < 3) and last_active within 180 days and not friendship = blocked"#,
    ),
];

/// Everything that is measured. Registrations come last, for there are more members after them.
pub(super) struct Plan {
    pub(super) questions: Vec<Group<Subject>>,
    pub(super) long: Vec<Cell<Subject>>,
    pub(super) registrations: Vec<Group<Subject>>,
}

impl Plan {
    pub(super) fn new(members: u64) -> Self {
        let of_both = |cells: &dyn Fn(Store) -> Vec<Cell<Subject>>| {
            Store::ALL.into_iter().flat_map(cells).collect()
        };
        let reference = |connections| Cell::closed("reference", Subject::Reference, connections);
        let register = |connections| Group {
            reference: reference(connections),
            cells: of_both(&|store| registrations(store, members, connections)),
        };
        Self {
            questions: vec![
                Group {
                    reference: reference(64),
                    cells: of_both(&|store| {
                        vec![look_up(store, members), document(store, members)]
                    }),
                },
                Group {
                    reference: Cell::open("reference", Subject::Reference, RATE),
                    cells: of_both(&|store| vec![look_up_at_rate(store, members)]),
                },
                Group {
                    reference: reference(1),
                    cells: of_both(&|store| one_at_a_time(store, members)),
                },
            ],
            long: of_both(&|store| {
                let mut cell = look_up_at_rate(store, members);
                cell.name.push_str(" over a minute");
                cell.load.seconds = Some(LONG);
                vec![cell]
            }),
            registrations: vec![register(64), register(256)],
        }
    }

    pub(super) fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        self.long.retain(|cell| wanted(&cell.name));
        // What registrations are compared with comes along with them.
        let registers = |group: &Group<Subject>| {
            let mut members = group
                .cells
                .iter()
                .filter(|cell| cell.subject.members().is_some());
            members.any(|cell| wanted(&cell.name))
        };
        self.registrations.retain_mut(|group| {
            let registers = registers(group);
            group.keep(|name| wanted(name) || registers && name.starts_with("accept"))
        });
        self.questions.retain_mut(|group| group.keep(&wanted));
    }

    fn cells(&self) -> impl Iterator<Item = &Cell<Subject>> {
        let groups = self.questions.iter().chain(&self.registrations);
        groups.flat_map(|group| &group.cells).chain(&self.long)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.cells().map(|cell| cell.name.as_str())
    }

    pub(super) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.cells().map(|cell| &cell.subject)
    }
}

fn question(role: &'static str, words: &[&str]) -> Traffic {
    Traffic::Question {
        role,
        words: words.iter().map(|&word| word.to_owned()).collect(),
        due: 200,
    }
}

fn look_up(store: Store, members: u64) -> Cell<Subject> {
    let subject = Subject::Members { store, members };
    let look_up = question("webhook", &["membership", &members.to_string()]);
    Cell::closed(&format!("look-up, {store}"), subject, 64).sending(look_up)
}

fn look_up_at_rate(store: Store, members: u64) -> Cell<Subject> {
    let subject = Subject::Members { store, members };
    let look_up = question("webhook", &["membership", &members.to_string()]);
    Cell::open(&format!("look-up, {store}"), subject, RATE).sending(look_up)
}

fn document(store: Store, members: u64) -> Cell<Subject> {
    let subject = Subject::Members { store, members };
    let document = question("register-server", &["document", &members.to_string()]);
    Cell::closed(&format!("document, {store}"), subject, 64).sending(document)
}

fn one_at_a_time(store: Store, members: u64) -> Vec<Cell<Subject>> {
    let cell = |name: String, members| {
        let subject = Subject::Members { store, members };
        Cell::closed(&name, subject, 1)
    };
    let mut cells = Vec::new();
    for sort in SORTS {
        let page = question("viewer", &["page", &members.to_string(), sort]);
        cells.push(cell(page_name(sort, store), members).sending(page));
    }
    for (name, segment) in SEGMENTS {
        let count = question("push-msg", &["count", segment]);
        cells.push(cell(count_name(name, store), members).sending(count));
    }
    for members in [few(members), members] {
        let audience = cell(audience_name(members, store), members).sending(Traffic::Audience);
        cells.push(audience.warmed_up(Duration::ZERO));
    }
    cells
}

/// Registrations with nobody there and with many, and what the webhook accepts.
fn registrations(store: Store, members: u64, connections: usize) -> Vec<Cell<Subject>> {
    let accept = Subject::Webhook(store);
    let mut cells = vec![Cell::closed(
        &format!("accept, {store}"),
        accept,
        connections,
    )];
    for members in [0, members] {
        let subject = Subject::Members { store, members };
        let register = Traffic::Question {
            role: "register-server",
            words: vec!["register".to_owned()],
            due: 201,
        };
        let name = register_name(members, store);
        let cell = Cell::closed(&name, subject, connections);
        cells.push(cell.sending(register));
    }
    cells
}

/// How many members a small audience is made of.
pub(super) fn few(members: u64) -> u64 {
    members / 100
}

pub(super) fn page_name(sort: &str, store: Store) -> String {
    format!("page by {sort}, {store}")
}

pub(super) fn count_name(segment: &str, store: Store) -> String {
    format!("count by {segment}, {store}")
}

pub(super) fn audience_name(members: u64, store: Store) -> String {
    format!("whole audience of {members}, {store}")
}

pub(super) fn register_name(members: u64, store: Store) -> String {
    match members {
        0 => format!("register, {store}"),
        _ => format!("register beside {members}, {store}"),
    }
}
