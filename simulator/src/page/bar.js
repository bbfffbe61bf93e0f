// The bar at the top: how the webhook fares, the month's messages, and what an operator may set.

import { act, put, remove } from "./api.js";
import { clock, h } from "./dom.js";

const status = document.querySelector("#status");
const dot = h("span", { className: "dot" });
const webhook = h("span", { className: "where" });
const quota = h("span", { className: "quota" });
const faults = h("button", { className: "faults", hidden: true, onclick: () => remove("/faults") });
const settings = h("details", { className: "menu" }, h("summary", {}, "Settings"));
status.append(h("span", { className: "webhook" }, dot, webhook), quota, faults, settings);

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/** Shows a state; what is being set right now is left alone. */
export function show(state) {
  webhook.textContent = state.webhook.url ? state.webhook.url.replace(/^https?:\/\//, "") : "No webhook yet";
  webhook.title = state.webhook.url ?? "";
  dot.classList.toggle("off", !state.webhook.url || !state.webhook.active);
  const { limit, used } = state.quota;
  quota.textContent = limit === null ? `${used} sent` : `${used} of ${limit} sent`;
  quota.title = "Messages this month, counted per recipient; replies are free";
  faults.hidden = state.faults.length === 0;
  faults.textContent = `${state.faults.length} fault${state.faults.length === 1 ? "" : "s"} set · remove`;
  settings.querySelector("div")?.remove();
  settings.append(panel(state));
}

/** Colours the dot by the last delivery. */
export function heard(call) {
  if (call.direction !== "to_bot") return;
  dot.classList.toggle("bad", !(call.status >= 200 && call.status < 300));
  dot.classList.add("known");
}

function panel(state) {
  const toggle = (label, checked, onchange) =>
    h("label", { className: "toggle" }, h("input", { type: "checkbox", checked, onchange }), label);
  const change = (field) => (event) => put("/webhook", { [field]: event.target.checked });
  const skip = (label, ms) => h("button", { onclick: () => act("/clock/advance", { ms }) }, label);
  const url = h("input", {
    type: "url",
    value: state.webhook.url ?? "",
    placeholder: "http://127.0.0.1:8000/callback",
    "aria-label": "Webhook URL",
    onchange: (event) => put("/webhook", { url: event.target.value || null }),
  });
  return h("div", { className: "panel" },
    h("h3", {}, "Webhook"), url,
    toggle("Use webhook", state.webhook.active, change("active")),
    toggle("Redeliver what fails", state.webhook.redelivery, change("redelivery")),
    h("div", { className: "row" }, h("button", { onclick: () => act("/webhook/verify") }, "Verify")),
    h("h3", {}, `Clock · ${clock(state.now, true)}`),
    h("div", { className: "row" }, skip("+1 min", 60_000), skip("+20 min", 1_200_000), skip("+1 day", 86_400_000)),
    h("h3", {}, "Chats"),
    h("div", { className: "row" }, h("button", {
      disabled: state.people.length === 0,
      onclick: () => act("/groups", { name: `Group ${state.groups.length + 1}`, people: state.people.map((person) => person.id), bot: true }),
    }, "Start a group of everybody")),
    h("h3", {}, "Month"),
    h("div", { className: "row" },
      ...[200, 5000, 30000].map((limit) =>
        h("button", {
          "aria-pressed": String(state.quota.limit === limit),
          onclick: () => put("/quota", { limit }),
        }, String(limit)))));
}
