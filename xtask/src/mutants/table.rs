//! The mutants. Each takes away one guarantee and nothing else.

use super::{Edit, Guard, Mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "synchronous=OFF",
        breaks: "what is committed outlives a power cut",
        edits: &[
            Edit {
                file: "services/webhook/src/store/sqlite/open.rs",
                find: ".synchronous(SqliteSynchronous::Full)",
                replace: ".synchronous(SqliteSynchronous::Off)",
            },
            // A server that reads this back refuses to start; whether nobody else would notice is the question.
            Edit {
                file: "services/webhook/src/store/sqlite/open.rs",
                find: "        if actual != expected {",
                replace: "        if actual != expected && !name.starts_with(\"synchronous\") {",
            },
        ],
        guard: Guard {
            package: "journeys",
            test: "proof::order::t1c_sqlite_syncs_its_log_before_every_200",
            programs: &["webhook"],
            database: "sqlite",
        },
    },
    Mutant {
        name: "200 before COMMIT",
        breaks: "an answer says that the events are stored",
        edits: &[Edit {
            file: "services/webhook/src/callback/mod.rs",
            find: "    let new = tokio::time::timeout(STORE_TIME, intake.store.accept(batch))
        .await
        .map_err(|_| StoreError::Late)??;
",
            replace: "    let new = vec![true; events.len()];
    let later = Arc::clone(&intake);
    tokio::spawn(async move {
        let stored = tokio::time::timeout(STORE_TIME, later.store.accept(batch)).await;
        let _ = stored.map_err(|_| StoreError::Late);
    });
",
        }],
        guard: webhook("outage::w45_w46_what_cannot_be_stored_is_not_taken_and_comes_again"),
    },
    Mutant {
        name: "a new retry key for each attempt",
        breaks: "LINE knows a repeated call by its key",
        edits: &[Edit {
            file: "services/push-msg/src/volley.rs",
            find: "self.line.send(batch.kind, body, batch.retry_key)",
            replace: "self.line.send(batch.kind, body, line_api::messaging::RetryKey::random())",
        }],
        guard: Guard {
            package: "push-msg",
            test: "retry::the_same_bytes_are_repeated_under_the_same_key::case_2_cut",
            programs: &[],
            database: "sqlite",
        },
    },
    Mutant {
        name: "no unique key in the inbox",
        breaks: "an event that comes again is the same event",
        edits: &[
            Edit {
                file: "services/webhook/migrations/sqlite/0001_inbox.sql",
                find: "reply_attempted_at integer,
    unique (channel, event_key)
",
                replace: "reply_attempted_at integer
",
            },
            Edit {
                file: "services/webhook/src/store/sqlite/accept.rs",
                find: "on conflict (channel, event_key) do nothing",
                replace: "on conflict do nothing",
            },
            Edit {
                file: "services/webhook/src/store/sqlite/at_once.rs",
                find: "on conflict (channel, event_key) do nothing",
                replace: "on conflict do nothing",
            },
        ],
        guard: webhook("inbox::a_redelivery_is_acted_on_once"),
    },
    Mutant {
        name: "no fence",
        breaks: "an attempt that was overtaken records nothing",
        edits: &[Edit {
            file: "services/webhook/src/store/sqlite/work.rs",
            find: "where event.event_id = ended.event_id and event.attempt = ended.attempt and event.state = 'pending'",
            replace: "where event.event_id = ended.event_id and event.state = 'pending'",
        }],
        guard: webhook("leases::a_finished_attempt_counts_only_if_it_still_owns_its_event"),
    },
    Mutant {
        name: "validate_nbf off",
        breaks: "a token that is not valid yet is refused",
        edits: &[Edit {
            file: "crates/service-auth/src/verifier.rs",
            find: "        .nbf
        .into_iter()
        .chain(claims.iat)
",
            replace: "        .iat
        .into_iter()
",
        }],
        guard: Guard {
            package: "service-auth",
            test: "tokens_that_do_not_fit_are_refused",
            programs: &[],
            database: "sqlite",
        },
    },
    Mutant {
        name: "== for the MAC",
        breaks: "nobody can guess a signature byte by byte",
        edits: &[Edit {
            file: "crates/line-api/src/signature.rs",
            find: "hmac::verify(key, body, &digest).is_ok()",
            replace: "hmac::sign(key, body).as_ref() == digest.as_slice()",
        }],
        guard: Guard {
            package: "line-api",
            test: "signature::w52_digests_are_compared_by_the_library_alone",
            programs: &[],
            database: "sqlite",
        },
    },
];

const fn webhook(test: &'static str) -> Guard {
    Guard {
        package: "webhook",
        test,
        programs: &[],
        database: "sqlite",
    }
}
