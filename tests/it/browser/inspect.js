// What axe-core does not look for. Answers what is wrong, in words.
const wrong = [];
const say = (element, what) => wrong.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
const seen = [...document.querySelectorAll("a, button, select, input, summary, label")].filter(
  (element) => element.type !== "hidden" && element.getClientRects().length > 0 &&
    (element.tagName !== "LABEL" || element.control?.type === "checkbox"),
);
for (const element of seen) {
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  // A link within a sentence is exempt (WCAG 2.2, 2.5.8); a box is as large as its label.
  const within = element.tagName === "A" && style.display === "inline" &&
    element.parentElement.textContent.trim() !== element.textContent.trim();
  const offscreen = box.right <= 0;
  if (element.type === "checkbox") {
    if (!element.labels.length) say(element, "has no label");
  } else if (!within && !offscreen && box.height < 43.5) {
    say(element, `is ${box.height} px high`);
  }
  if (["INPUT", "SELECT"].includes(element.tagName) && element.type !== "checkbox" && parseFloat(style.fontSize) < 16) {
    say(element, `is written in ${style.fontSize}`);
  }
  if (element.tagName === "SELECT") {
    const chosen = document.body.appendChild(document.createElement("span"));
    Object.assign(chosen.style, { position: "absolute", whiteSpace: "nowrap", font: style.font });
    chosen.textContent = element.selectedOptions[0]?.text;
    const room = element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const isCut = chosen.offsetWidth > Math.ceil(room) && box.height < 2 * parseFloat(style.lineHeight);
    if (isCut) say(element, `cuts “${chosen.textContent}” short`);
    chosen.remove();
  }
  const moves = (times) => times.split(",").some((time) => parseFloat(time) > 0);
  if (moves(style.transitionDuration) || moves(style.animationDuration)) say(element, "moves");
}
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) wrong.push(`is ${root.scrollWidth} px wide on ${root.clientWidth}`);
if (document.querySelector("script, [style], [onclick], [onsubmit]")) wrong.push("has code in it");
const summary = document.querySelector(".errors");
if (summary && document.activeElement !== summary) wrong.push("the error summary has no focus");
for (const image of document.images) if (!image.complete || !image.naturalWidth) say(image, "did not load");
return wrong;
