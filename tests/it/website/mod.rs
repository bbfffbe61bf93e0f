//! The website as a cluster has it: two of each of its halves on one PostgreSQL, and nobody who sticks to any.

mod proxy;
mod visitor;

use kaiin::{Data, Line, Plan, Ports, Suite};
use secrecy::ExposeSecret as _;
use serde_json::json;
use service_kit::Clock;
use testkit::people::Sim;
use testkit::port;
use testkit::postgres::{Durability, Server};
use testkit::process::{Process, Program};
use tokio_util::sync::CancellationToken;

use self::proxy::RoundRobin;
pub(crate) use self::visitor::Visitor;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_of_each_half_serve_the_whole_way() {
    // The members' API, LINE and the keys are those of a suite on one machine.
    let suite = Suite::start(Plan {
        data: Data::Ephemeral,
        ports: Ports::random(),
        line: Line::Simulated {
            port: 0,
            brand: None,
        },
        clock: Clock::system(),
        progress: |_| {},
    })
    .await
    .unwrap();
    let (ready, data) = (suite.ready().clone(), suite.data_folder().to_owned());
    let stop = CancellationToken::new();
    let suite = tokio::spawn(suite.run_until(stop.clone().cancelled_owned()));

    let postgres = Server::start(Durability::Fast).unwrap();
    let database = postgres.fresh_database().unwrap();
    let proxy = RoundRobin::bind().await;
    let line = ready.simulator.clone().unwrap();
    let server = |public: String, internal: String| {
        Program::named("register-server")
            .env("LISTEN_ADDR", public)
            .env("INTERNAL_ADDR", internal)
            .env("DATABASE_URL", database.url())
            .env("PUBLIC_URL", &proxy.base)
            .env("LINE_LOGIN_CHANNEL_ID", &ready.line.login_channel_id)
            .env(
                "LINE_LOGIN_CHANNEL_SECRET",
                ready.line.login_channel_secret.expose_secret(),
            )
            .env("LINE_API_BASE", line.as_str())
            .env("LINE_ACCESS_BASE", line.as_str())
            .env("USERS_API", ready.api_users.as_str())
            .env(
                "SERVICE_TOKEN_FILE",
                data.join("identity/register-server.token"),
            )
    };
    let client = |public: String, internal: String| {
        Program::named("register-client")
            .env("LISTEN_ADDR", public)
            .env("INTERNAL_ADDR", internal)
            // What a cluster's service does: whichever is next.
            .env("REGISTER_SERVER", &proxy.base)
            .env("PUBLIC_URL", &proxy.base)
    };
    let (servers, _server_processes) = two(server);
    let (clients, _client_processes) = two(client);
    proxy.serve(servers, clients);

    let sim = Sim::at(&line).unwrap();
    let callback = json!({ "url": format!("{}/auth/callback", proxy.base) });
    sim.post("callbacks", &callback).await.unwrap();
    // Whichever replica comes first.
    for name in ["Mei", "Chen", "Aoi"] {
        let person = sim.add(name, "en").await.unwrap();
        journey(&Visitor::new(&proxy.base), &sim, &person.id, name).await;
    }
    let (servers, clients) = proxy.served();
    for turns in [servers, clients] {
        assert!(
            turns[0] > 10 && turns[0].abs_diff(turns[1]) <= 1,
            "{turns:?}"
        );
    }
    stop.cancel();
    suite.await.unwrap().unwrap();
}

/// Starts two of a program, and waits until they are ready.
fn two(program: impl Fn(String, String) -> Program) -> (Vec<String>, Vec<Process>) {
    let start = |_| {
        let local = |port: u16| format!("127.0.0.1:{port}");
        let (public, internal) = (local(port::free()), local(port::free()));
        let program = program(public.clone(), internal.clone())
            .env("PROFILE", "dev")
            .env("RUST_LOG", "warn");
        let mut process = program.start().unwrap();
        let ready = process.wait_ready(internal.parse().unwrap());
        ready.unwrap_or_else(|error| panic!("{error:#}\n{}", process.said()));
        (public, process)
    };
    (0..2).map(start).unzip()
}

/// From the first page to goodbye.
pub(crate) async fn journey(visitor: &Visitor, sim: &Sim, person: &str, name: &str) {
    assert_eq!(visitor.get("/").await, "/en/");
    visitor.see("/en/").await;
    sign_in(visitor, sim, person, "/en/register").await;
    let form = visitor.see("/en/register").await;
    // With nothing agreed to the form comes back, says so, and once.
    let typed = [("display_name", name), ("language", "en")];
    let page = visitor.send(&form, "/member", &typed).await;
    assert_eq!(page, "/en/register");
    let form = visitor.see(&page).await;
    assert!(form.contains("aria-invalid"), "{form}");
    let agreed = [typed[0], typed[1], ("consent.terms", "1")];
    let page = visitor.send(&form, "/member", &agreed).await;
    assert_eq!(page, "/en/welcome");
    for page in ["/en/welcome", "/en/membership", "/en/"] {
        assert!(visitor.see(page).await.contains(name), "{page}");
    }

    let form = visitor.see("/en/membership").await;
    let page = visitor.send(&form, "/auth/logout", &[]).await;
    assert_eq!(page, "/en/");
    for _ in 0..2 {
        assert!(visitor.get("/en/membership").await.starts_with("/en/?"));
    }
    sign_in(visitor, sim, person, "/en/membership").await;
    let form = visitor.see("/en/leave").await;
    let page = visitor.send(&form, "/member/leave", &[]).await;
    assert_eq!(page, "/en/goodbye");
    for _ in 0..2 {
        assert!(visitor.get("/en/membership").await.starts_with("/en/?"));
    }
}

async fn sign_in(visitor: &Visitor, sim: &Sim, person: &str, expected: &str) {
    let line = visitor.get("/auth/login?lang=en").await;
    let consent = json!({ "url": line, "allow": true });
    let path = format!("people/{person}/authorize");
    let back = sim.post(&path, &consent).await.unwrap()["location"].clone();
    let back = visitor.path_of(back.as_str().unwrap());
    assert_eq!(visitor.get(&back).await, expected);
}
