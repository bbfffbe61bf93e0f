// Where a person writes.

import { h } from "./dom.js";
import { icon, sticker } from "./icons.js";
import { STICKERS } from "./stickers.js";

/** A form that says and sends through `send(what, body)`. */
export function composer(send) {
  const text = h("input", { name: "text", placeholder: "Message", maxLength: 5000, autocomplete: "off", "aria-label": "Message" });
  const choices = STICKERS.map(({ packageId, stickerId, name }) =>
    h("button", {
      type: "button", title: name, "aria-label": `Sticker: ${name}`,
      onclick: () => {
        picker.open = false;
        send("send/sticker", { message: { packageId, stickerId, keywords: [name] } });
      },
    }, sticker(name)));
  const picker = h("details", { className: "menu stickers" },
    h("summary", { "aria-label": "Stickers" }, icon("smile")),
    h("div", { className: "panel" }, ...choices));
  const submit = (event) => {
    event.preventDefault();
    const value = text.value;
    if (!value.trim()) return;
    text.value = "";
    send("say", { text: value });
  };
  return h("form", { className: "composer", onsubmit: submit },
    picker, text, h("button", { className: "primary send", "aria-label": "Send" }, icon("send")));
}
