//! The API, route by route. Who may call what is in `permission`.

mod audience;
mod consents;
mod friendship;
mod members;
mod notes;

use axum::routing::{get, post, put};
use axum::{Router, middleware};
use service_kit::server::with_problem_fallbacks;

use crate::access::authorize;
use crate::app::AppState;

pub(crate) fn router(state: AppState) -> Router {
    let routes = Router::new()
        .route("/register", post(members::register))
        .route("/users", get(members::list))
        .route(
            "/users/{luid}",
            get(members::find)
                .patch(members::update)
                .delete(members::erase),
        )
        .route("/users/{luid}/leave", post(members::leave))
        .route("/users/{luid}/export", get(members::export))
        .route("/users/{luid}/membership", get(members::membership))
        .route("/users/{luid}/friendship", put(friendship::set))
        .route(
            "/users/{luid}/consents",
            get(consents::list).post(consents::give),
        )
        .route("/users/{luid}/topics", get(notes::topics))
        .route(
            "/users/{luid}/topics/{topic}",
            put(notes::subscribe).delete(notes::unsubscribe),
        )
        .route(
            "/users/{luid}/tags/{tag}",
            put(notes::tag).delete(notes::untag),
        )
        .route(
            "/users/{luid}/attributes/{name}",
            put(notes::set_attribute).delete(notes::remove_attribute),
        )
        .route("/audiences/members", get(audience::stream));
    with_problem_fallbacks(routes)
        .layer(middleware::from_fn_with_state(state.clone(), authorize))
        .with_state(state)
}
