//! The API, route by route. Who may call what is in `permission`.

mod audience;
mod consents;
mod friendship;
mod members;

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
        .route("/users/{luid}/membership", get(members::membership))
        .route("/users/{luid}/friendship", put(friendship::set))
        .route(
            "/users/{luid}/consents",
            get(consents::list).post(consents::give),
        )
        .route("/audiences/members", get(audience::stream));
    with_problem_fallbacks(routes)
        .layer(middleware::from_fn_with_state(state.clone(), authorize))
        .with_state(state)
}
