//! Small pictures, drawn with lines in the colour of the brand. They say nothing that is not said in words.

use leptos::prelude::*;

pub(super) const CHAT: &str = "M4 5h16v11H10l-4 3.500V16H4zM8 9h8M8 12h5";
pub(super) const BELL: &str = "M6 16V10.500a6 6 0 0 1 12 0V16l1.5 2h-15zM10 20.500h4";
pub(super) const WAY_OUT: &str = "M13 4H6v16h7M10 12h10M16.5 8.5 20 12l-3.5 3.5";
pub(super) const TROUBLE: &str =
    "M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17zM12 8v5M12 16v.2";

/// The picture that `picture` draws.
#[component]
pub(super) fn Emblem(picture: &'static str) -> impl IntoView {
    view! {
        <svg class="emblem" viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" focusable="false">
            <path
                fill="none"
                stroke="currentColor"
                stroke-width="1.7"
                stroke-linecap="round"
                stroke-linejoin="round"
                d=picture
            />
        </svg>
    }
}
