use leptos::prelude::{Owner, RenderHtml as _, expect_context, provide_context};
use member_session::{Flash, Language, Page};

use crate::site::Site;

/// What every part of a page may ask for while it is drawn.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) site: Site,
    pub(crate) language: Language,
    /// The page's path after its language, such as `/membership`: the same page in another language is there too.
    pub(crate) place: String,
    /// What the page tells at its top.
    pub(crate) notices: Vec<Flash>,
    /// Where to go after signing in, if not where everybody goes.
    pub(crate) next: Option<Page>,
    /// What the forms on the page carry.
    pub(crate) form_token: Option<String>,
}

impl Scene {
    /// The scene of the page that is being drawn.
    pub(crate) fn current() -> Self {
        expect_context()
    }

    /// Draws a page.
    pub(crate) fn draw<View: leptos::IntoView>(self, page: impl FnOnce() -> View) -> String {
        Owner::new().with(|| {
            provide_context(self);
            page().into_view().to_html()
        })
    }
}
