// One phone per person, side by side.

import { act, as, read, remove } from "./api.js";
import { bubble } from "./chat.js";
import { avatar, h } from "./dom.js";
import { composer } from "./composer.js";

const row = document.querySelector("#phones");
const phones = new Map();
let bot = { name: "" };

const welcome = h("section", { className: "welcome" },
  h("h2", {}, "Nobody is here yet"),
  h("p", {}, "Add people, and each gets a phone with the bot in it. Write as them, tap what the bot sends, watch every call in the inspector."),
  h("div", { className: "row" }, ...["Alice", "Bob", "小美"].map((name) =>
    h("button", { className: "primary", onclick: () => act("/people", { name }) }, `Add ${name}`))));

/** Brings the phones in line with a state. */
export async function show(state) {
  bot = state.bot;
  const here = new Set(state.people.map((person) => person.id));
  for (const [id, phone] of phones) {
    if (!here.has(id)) {
      phone.element.remove();
      phones.delete(id);
    }
  }
  for (const person of state.people) {
    let phone = phones.get(person.id);
    if (!phone) {
      phone = new Phone(person);
      phones.set(person.id, phone);
      row.append(phone.element);
      phone.fill((await read(`/people/${person.id}/transcript`))?.items ?? []);
      if (person.loading) phone.wait(60);
    }
    phone.update(person, state.groups);
  }
  if (state.people.length === 0) row.append(welcome);
  else welcome.remove();
}

export const add = (person, item) => phones.get(person)?.add(item);
export const amend = (person, item) => phones.get(person)?.amend(item);
export const loading = (person, seconds) => phones.get(person)?.wait(seconds);

class Phone {
  constructor(person) {
    this.id = person.id;
    this.chat = "bot";
    this.items = new Map();
    this.title = h("h2");
    this.state = h("p", { className: "state" });
    this.main = h("button", { className: "friendship" });
    this.tabs = h("nav", { className: "chats", "aria-label": "Chats", hidden: true });
    this.lines = h("ol", { className: "lines" });
    this.dots = h("p", { className: "dots", hidden: true, "aria-label": "The bot is writing" }, h("i"), h("i"), h("i"));
    this.body = h("div", { className: "chat", tabIndex: 0, onscroll: () => this.scrolled() }, this.lines, this.dots);
    this.quick = h("div", { className: "quick" });
    this.foot = composer((what, body) => this.send(what, body));
    this.element = h("section", { className: "phone" },
      h("header", {}, avatar(person.name, person.hue), h("div", {}, this.title, this.state), this.main, this.menu()),
      this.tabs, this.body, this.quick, this.foot);
    this.atEnd = true;
    new ResizeObserver(() => this.atEnd && this.down()).observe(this.body);
  }

  /** Sends to the chat that is open; in a group, a text may start by mentioning the bot. */
  send(what, body) {
    if (this.chat === "bot") return as(this.id, what, body);
    const mention = `@${bot.name}`;
    const mentions = what === "say" && body.text.startsWith(mention);
    const said = mentions ? { text: body.text.slice(mention.length).trim() || "…", mention_bot: true } : body;
    return as(this.id, what, { ...said, chat: this.chat });
  }

  menu() {
    const item = (label, onclick) => h("button", { onclick }, label);
    return h("details", { className: "menu" }, h("summary", { "aria-label": "More" }, "⋯"),
      h("div", { className: "panel", onclick: (event) => { event.currentTarget.parentElement.open = false; } },
        item("Send a picture", () => this.send("send/image", {})),
        item("Send a place", () => this.send("send/location", {})),
        item("Send a file", () => this.send("send/file", {})),
        item("End the website’s access", () => act(`/people/${this.id}/unlink`)),
        item("Remove this person", () => remove(`/people/${this.id}`))));
  }

  update(person, groups) {
    this.title.textContent = person.name;
    this.element.setAttribute("aria-label", `Phone of ${person.name}`);
    this.element.dataset.friendship = person.friendship;
    const [label, what, says] = {
      none: ["Add friend", "follow", "not a friend yet"],
      friend: ["Block", "block", "friend"],
      blocked: ["Unblock", "unblock", "has blocked the bot"],
    }[person.friendship];
    this.main.textContent = label;
    this.main.onclick = () => as(this.id, what);
    this.main.classList.toggle("primary", what !== "block");
    this.state.textContent = says;
    this.foot.classList.toggle("closed", person.friendship === "blocked" && this.chat === "bot");
    const mine = groups.filter((group) => group.members.includes(this.id));
    if (this.chat !== "bot" && !mine.some((group) => group.id === this.chat)) this.choose("bot");
    this.tabs.hidden = mine.length === 0;
    this.tabs.replaceChildren(...[{ id: "bot", name: bot.name }, ...mine].map((chat) =>
      h("button", {
        "aria-pressed": String(chat.id === this.chat),
        onclick: () => { this.choose(chat.id); this.update(person, groups); },
      }, chat.name)));
  }

  choose(chat) {
    this.chat = chat;
    this.foot.elements.text.placeholder = chat === "bot" ? "Message" : `Message, or @${bot.name} …`;
    this.dots.hidden = !(this.waiting && chat === "bot");
    this.quick.replaceChildren();
    this.lines.replaceChildren();
    for (const item of this.items.values()) this.draw(item);
    this.down();
  }

  fill(items) {
    for (const item of items) if (!this.items.has(item.seq)) this.add(item);
  }

  add(item) {
    if (this.items.has(item.seq)) return;
    this.items.set(item.seq, item);
    if (item.from === "bot") this.rest();
    this.draw(item);
    this.down();
  }

  amend(item) {
    this.items.set(item.seq, item);
    this.lines.querySelector(`[data-seq="${item.seq}"]`)?.replaceWith(this.line(item));
  }

  wait(seconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), seconds * 1000);
    this.waiting = true;
    this.dots.hidden = this.chat !== "bot";
    this.down();
  }

  rest() {
    this.waiting = false;
    this.dots.hidden = true;
  }

  line(item) {
    const unsend = () => as(this.id, "unsend", { message_id: item.id });
    const press = (body) => as(this.id, "press", { message_id: item.id, ...body });
    return bubble(item, { me: this.id, bot, unsend, press });
  }

  draw(item) {
    if (item.chat !== this.chat) return;
    this.lines.append(this.line(item));
    // Quick replies go with the last message and leave with the next one.
    const last = [...this.items.values()].filter((other) => other.chat === this.chat).at(-1);
    const offers = last === item ? (item.message.quickReply?.items ?? []) : [];
    const press = (label) => as(this.id, "press", { message_id: item.id, label });
    if (last === item) {
      this.quick.replaceChildren(...offers.map(({ action }) =>
        action.type === "uri"
          ? h("a", { href: this.link(action.uri), target: "_blank", rel: "noopener" }, action.label)
          : h("button", { onclick: () => press(action.label) }, action.label)));
    }
  }

  link(uri) {
    return `/_sim/people/${this.id}/open?url=${encodeURIComponent(uri)}`;
  }

  scrolled() {
    this.atEnd = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight < 40;
  }

  down() {
    this.body.scrollTop = this.body.scrollHeight;
  }
}
