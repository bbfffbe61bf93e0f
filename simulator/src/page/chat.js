// Messages as bubbles.

import { clock, h } from "./dom.js";
import { flex } from "./flex.js";
import { icon } from "./icons.js";
import { face } from "./stickers.js";

const LINK = /https?:\/\/[^\s<>"'）」】]+/g;

/** A line of a chat. `context`: whose phone it is, the bot, and what taps do. */
export function bubble(item, context) {
  if (item.from === "system") {
    return h("li", { className: "system", "data-seq": item.seq }, item.message.text);
  }
  const mine = item.from === context.me;
  const from = item.from === "bot" ? (item.sender ?? context.bot.name) : mine ? null : item.sender;
  if (item.unsent) {
    return h("li", { className: "system", "data-seq": item.seq }, mine ? "You unsent a message." : "A message was unsent.");
  }
  const tapped = { ...context, link: (uri) => `/_sim/people/${context.me}/open?url=${encodeURIComponent(uri)}` };
  const { content, kind } = render(item.message, tapped);
  const meta = h("span", { className: "meta" },
    mine && item.read ? h("span", {}, "Read") : null,
    item.via ? h("span", { className: "via", title: "The call that brought it" }, item.via) : null,
    h("time", {}, clock(item.at)),
    mine ? h("button", { className: "unsend", title: "Unsend", onclick: context.unsend }, "Unsend") : null);
  return h("li", { className: `line ${mine ? "mine" : "theirs"}`, "data-seq": item.seq },
    from ? h("span", { className: "from" }, from) : null,
    h("div", { className: `bubble ${kind}` }, content), meta);
}

function render(message, context) {
  switch (message.type) {
    case "text": return { kind: "text", content: linked(message.text, context) };
    case "textV2": return { kind: "text", content: linked(plain(message), context) };
    case "sticker": return { kind: "sticker", content: [h("span", { role: "img", "aria-label": "Sticker" }, face(message))] };
    case "image": return { kind: "media", content: [picture(message.previewImageUrl, "picture", "Picture")] };
    case "video": return { kind: "media", content: [picture(message.previewImageUrl, "video", "Video")] };
    case "audio": return { kind: "text", content: [icon("sound"), `Sound, ${Math.round((message.duration ?? 0) / 1000)} s`] };
    case "file": return { kind: "text", content: [icon("file"), message.fileName] };
    case "location": return { kind: "text", content: [h("b", {}, icon("pin"), message.title ?? "A place"), h("br"), message.address ?? ""] };
    case "template": return { kind: "card", content: template(message.template, context) };
    case "flex": return { kind: "card wide", content: flex(message.contents, context) };
    default: return { kind: "text", content: [message.altText ?? `(${message.type})`] };
  }
}

/** Text with its links tappable: each opens in this person's own browser. */
function linked(text, context) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const url = match[0].replace(/[.,;:!?)]+$/, "");
    parts.push(text.slice(end, match.index), h("a", { href: context.link(url), target: "_blank", rel: "noopener" }, url));
    end = match.index + url.length;
  }
  parts.push(text.slice(end));
  return parts;
}

function plain({ text, substitution = {} }) {
  return text
    .replace(/\{([0-9a-zA-Z_]+)\}/g, (_, key) => (substitution[key]?.type === "emoji" ? ":)" : "@somebody"))
    .replaceAll("{{", "{").replaceAll("}}", "}");
}

/** A picture from elsewhere, or a sign for it where it can't be had. */
export function picture(url, sign, label) {
  const tile = h("span", { className: "tile", role: "img", "aria-label": label }, icon(sign));
  if (!url) return tile;
  return h("img", { src: url, alt: label, loading: "lazy", referrerPolicy: "no-referrer", onerror: (event) => event.target.replaceWith(tile) });
}

/** A button, or a link where the action is one. */
export function button(action, context, className = "action") {
  const label = action.label ?? action.text ?? action.uri ?? action.type;
  if (action.type === "uri") {
    return h("a", { className, href: context.link(action.uri), target: "_blank", rel: "noopener" }, label);
  }
  const ask = () => (action.type === "datetimepicker" ? prompt(`Pick a ${action.mode}`, action.initial ?? "") : undefined);
  return h("button", {
    className,
    onclick: () => {
      const value = ask();
      if (value !== null) context.press({ label: action.label, value });
    },
  }, label);
}

function template(template, context) {
  const card = (column) => h("div", { className: "column" },
    column.thumbnailImageUrl ? picture(column.thumbnailImageUrl, "picture", "Picture") : null,
    h("div", { className: "words" },
      column.title ? h("b", {}, column.title) : null,
      column.text ? h("p", {}, column.text) : null),
    ...(column.actions ?? []).map((action) => button(action, context)));
  switch (template.type) {
    case "carousel": return [h("div", { className: "carousel" }, ...template.columns.map(card))];
    case "image_carousel":
      return [h("div", { className: "carousel" }, ...template.columns.map((column) =>
        h("div", { className: "column" }, picture(column.imageUrl, "picture", "Picture"), button(column.action, context))))];
    case "confirm":
      return [h("div", { className: "words" }, h("p", {}, template.text)),
        h("div", { className: "pair" }, ...template.actions.map((action) => button(action, context)))];
    default: return [card(template)];
  }
}
