//! A form as it is to be filled in, the first time or again.

use member_session::{
    Consent, ConsentOffer, FieldProblem, Form, RegisterForm, TopicOffer, UpdateForm, consent_field,
    shown_field, topic_field,
};

/// The texts of one field's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The field's name, which is its ID on the page too.
    pub(crate) field: String,
    /// Which text says what is wrong.
    pub(crate) key: &'static str,
}

/// What to put into the fields: what was typed, where the form came back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft(Option<Form>);

impl Draft {
    pub(crate) fn new(form: Option<Form>) -> Self {
        Self(form)
    }

    /// What was typed into `field`, else `otherwise`.
    pub(crate) fn value(&self, field: &str, otherwise: &str) -> String {
        match &self.0 {
            Some(form) => form.values.get(field).cloned().unwrap_or_default(),
            None => otherwise.to_owned(),
        }
    }

    /// Whether the box for `offer` is ticked: as it was left, else `otherwise`. A tick on another version of the
    /// text is none.
    fn ticked(&self, offer: &ConsentOffer, otherwise: bool) -> bool {
        match &self.0 {
            Some(form) => form.values.get(&consent_field(&offer.purpose)) == Some(&offer.version),
            None => otherwise,
        }
    }

    /// Whether the form that came back had this field, which says that a box was shown ticked.
    fn was_shown_ticked(&self, field: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|form| form.values.contains_key(field))
    }

    /// What is wrong, in the order of the fields.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        self.0
            .iter()
            .flat_map(|form| &form.errors)
            .map(|error| Trouble {
                key: key(&error.field, error.problem),
                field: error.field.clone(),
            })
            .collect()
    }

    /// What is wrong with `field`.
    pub(crate) fn trouble(&self, field: &str) -> Option<Trouble> {
        self.troubles()
            .into_iter()
            .find(|trouble| trouble.field == field)
    }
}

fn key(field: &str, problem: FieldProblem) -> &'static str {
    match (field, problem) {
        (RegisterForm::DISPLAY_NAME, FieldProblem::Missing) => "problem.name_missing",
        (RegisterForm::DISPLAY_NAME, FieldProblem::TooLong) => "problem.name_too_long",
        (RegisterForm::DISPLAY_NAME, _) => "problem.name_invalid",
        (RegisterForm::LANGUAGE, _) => "problem.language",
        (UpdateForm::TIME_ZONE, _) => "problem.zone",
        (UpdateForm::QUIET_FROM | UpdateForm::QUIET_UNTIL, FieldProblem::Missing) => {
            "problem.quiet_half"
        }
        (UpdateForm::QUIET_FROM | UpdateForm::QUIET_UNTIL, _) => "problem.quiet_same",
        (_, FieldProblem::Missing) => "problem.consent_missing",
        (_, FieldProblem::Outdated) => "problem.consent_outdated",
        (_, FieldProblem::TooLong | FieldProblem::Invalid) => "problem.other",
    }
}

/// A consent as a form asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) offer: ConsentOffer,
    pub(crate) ticked: bool,
    /// Whether the visitor sees it ticked, or saw it so before the form came back: unticked, it is then withdrawn.
    pub(crate) shown_ticked: bool,
    /// When this very text was agreed to, where membership depends on it: it is then told, not asked.
    pub(crate) settled: Option<i64>,
    /// When an earlier text was agreed to, that stands until it is taken back.
    pub(crate) earlier: Option<i64>,
}

/// What to ask of someone who holds `consents`. Only what they agreed to, in the words of today, is ticked.
pub(crate) fn asked(offers: &[ConsentOffer], consents: &[Consent], draft: &Draft) -> Vec<Asked> {
    offers
        .iter()
        .map(|offer| {
            let held = consents
                .iter()
                .find(|consent| consent.granted && consent.purpose == offer.purpose);
            let (todays, earlier) = match held {
                Some(held) if held.version == offer.version => (Some(held.changed_at), None),
                Some(held) => (None, Some(held.changed_at)),
                None => (None, None),
            };
            let ticked = draft.ticked(offer, todays.is_some());
            Asked {
                ticked,
                shown_ticked: ticked || draft.was_shown_ticked(&shown_field(&offer.purpose)),
                settled: todays.filter(|_| offer.required),
                earlier,
                offer: offer.clone(),
            }
        })
        .collect()
}

/// A topic as a form asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedTopic {
    pub(crate) offer: TopicOffer,
    pub(crate) ticked: bool,
    /// As with a consent.
    pub(crate) shown_ticked: bool,
}

/// What to ask of someone who hears of `subscribed`.
pub(crate) fn asked_topics(
    offers: &[TopicOffer],
    subscribed: &[String],
    draft: &Draft,
) -> Vec<AskedTopic> {
    offers
        .iter()
        .map(|offer| {
            let field = topic_field(&offer.name);
            let ticked = match &draft.0 {
                Some(form) => form.values.contains_key(&field),
                None => subscribed.contains(&offer.name),
            };
            AskedTopic {
                ticked,
                shown_ticked: ticked || draft.was_shown_ticked(&shown_field(&field)),
                offer: offer.clone(),
            }
        })
        .collect()
}
