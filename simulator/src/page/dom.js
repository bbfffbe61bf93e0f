// Elements without HTML strings: whatever people wrote becomes a text node.

/** An element; `props` are properties, or attributes where the name has a dash or is `role`. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** The local time of day, HH:MM or HH:MM:SS. */
export function clock(millis, seconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) options.second = "2-digit";
  return new Date(millis).toLocaleTimeString([], options);
}

/** A round picture with the first letter of a name; `hue` is one of eight colours. */
export function avatar(name, hue) {
  const letter = [...name][0] ?? "?";
  return h("span", { className: `avatar hue-${hue}`, "aria-hidden": "true" }, letter);
}

/** A line at the foot of the page that says what went wrong, and leaves by itself. */
export function complain(text) {
  document.querySelector(".toast")?.remove();
  const toast = h("p", { className: "toast", role: "alert" }, text);
  document.body.append(toast);
  setTimeout(() => toast.remove(), 5000);
}
