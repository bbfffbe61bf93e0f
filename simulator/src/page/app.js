// The page: people's phones, the inspector, and the stream that keeps both live.

import { act, read } from "./api.js";
import * as bar from "./bar.js";
import * as inspector from "./inspector.js";
import * as phones from "./phones.js";

let pending = null;

/** Reads the state anew, once however many changes came at a time. */
function refresh() {
  pending ??= setTimeout(async () => {
    pending = null;
    const state = await read("/state");
    if (!state) return;
    await phones.show(state);
    bar.show(state);
  }, 30);
}

function hear(notice) {
  switch (notice.type) {
    case "item": return phones.add(notice.person, notice.item);
    case "amended": return phones.amend(notice.person, notice.item);
    case "loading": return phones.loading(notice.person, notice.seconds);
    case "call": inspector.add(notice.call); return bar.heard(notice.call);
    case "lagged": return location.reload();
    default: return refresh();
  }
}

function listen() {
  const stream = new EventSource("/_sim/stream");
  let lost = false;
  stream.onmessage = (event) => hear(JSON.parse(event.data));
  stream.onerror = () => {
    lost = true;
    document.body.classList.add("offline");
  };
  // After a restart nothing shown here is true any more.
  stream.onopen = () => (lost ? location.reload() : undefined);
}

document.querySelector("#add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.name;
  if (await act("/people", { name: field.value.trim() })) field.value = "";
});

for (const button of document.querySelectorAll("#panes button")) {
  button.addEventListener("click", () => {
    document.body.dataset.pane = button.dataset.pane;
    for (const other of document.querySelectorAll("#panes button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}

listen();
refresh();
for (const call of await inspector.start()) bar.heard(call);
