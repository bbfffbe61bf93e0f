// Every call in both directions, newest first.

import { read, remove } from "./api.js";
import { clock, h } from "./dom.js";

const KEPT = 500;
const list = document.querySelector("#calls");
const filter = document.querySelector("#filter");
const empty = h("li", { className: "empty" }, "Calls between LINE and the bot show up here.");

export async function start() {
  const seen = await read("/calls?brief=true");
  list.append(empty);
  const calls = seen?.calls ?? [];
  for (const call of calls) add(call);
  filter.addEventListener("input", () => {
    for (const row of list.children) show(row);
  });
  document.querySelector("#clear").addEventListener("click", async () => {
    if (await remove("/calls")) list.replaceChildren(empty);
  });
  return calls;
}

export function add(call) {
  empty.remove();
  if (list.querySelector(`[data-seq="${call.seq}"]`)) return;
  const row = line(call);
  list.prepend(row);
  show(row);
  if (list.children.length > KEPT) list.lastElementChild.remove();
}

function show(row) {
  row.hidden = !row.textContent.toLowerCase().includes(filter.value.trim().toLowerCase());
}

function line(call) {
  const toBot = call.direction === "to_bot";
  const good = call.status >= 200 && call.status < 400;
  const path = call.path.replace(/^https?:\/\/[^/]+/, "").split("?")[0];
  const details = h("details", {},
    h("summary", {},
      h("time", {}, clock(call.at, true)),
      h("span", { className: `direction ${call.direction}`, title: toBot ? "LINE calls the bot" : "LINE is called" }, toBot ? "LINE → bot" : "→ LINE"),
      h("span", { className: "operation" }, call.operation.replaceAll("_", " ")),
      h("span", { className: `status ${good ? "good" : "bad"}` }, call.status ? String(call.status) : (call.error ?? "–").replaceAll("_", " ")),
      h("span", { className: "second" },
        h("span", { className: "path" }, `${call.method} ${path}`),
        ...tags(call),
        h("span", { className: "took" }, `${call.duration_ms} ms`))));
  details.addEventListener("toggle", () => details.open && expand(details, call), { once: true });
  return h("li", { "data-seq": call.seq }, details);
}

function tags(call) {
  const tag = (text, kind, title = "") => h("span", { className: `tag ${kind}`, title }, text);
  return [
    call.signature && (call.signature.right ? tag("signed", "good", "The signature is right") : tag(call.signature.sent ? "wrong signature" : "no signature", "bad")),
    call.fault && tag("fault", "warn", JSON.stringify(call.fault)),
    call.violation && tag(call.violation, "warn"),
  ].filter(Boolean);
}

async function expand(details, { seq }) {
  const call = await read(`/calls/${seq}`);
  if (!call) return;
  const part = (title, { headers, body }) => [
    h("h3", {}, title),
    h("pre", { className: "headers" }, Object.entries(headers).map(([name, value]) => `${name}: ${value}`).join("\n")),
    body === null ? null : h("pre", {}, ...pretty(body)),
  ];
  details.append(h("div", { className: "whole" },
    h("p", { className: "full" }, `${call.method} ${call.path}`),
    ...part("Request", call.request),
    ...part(call.status ? `Answer ${call.status}` : `No answer: ${call.error}`, call.answer)));
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?/g;

/** JSON, indented, its parts coloured. */
function pretty(body) {
  if (typeof body === "string") return [body];
  const text = JSON.stringify(body, null, 2);
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    const kind = colon ? "key" : string ? "string" : "value";
    parts.push(text.slice(end, match.index), h("span", { className: kind }, colon ? string : whole), colon ?? "");
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return parts;
}
