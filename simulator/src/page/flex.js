// Flex messages, plainly: boxes, texts, pictures and buttons in their order, colours and weights.

import { button, picture } from "./chat.js";
import { h } from "./dom.js";

const SIZES = { xxs: 11, xs: 12, sm: 13, md: 14, lg: 16, xl: 18, xxl: 22, "3xl": 26, "4xl": 32, "5xl": 40 };
const GAPS = { none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20 };
const COLOUR = /^#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$/;

export function flex(contents, context) {
  if (contents.type === "carousel") {
    return [h("div", { className: "carousel" }, ...contents.contents.map((one) => bubble(one, context)))];
  }
  return [bubble(contents, context)];
}

function bubble(bubble, context) {
  const blocks = ["header", "hero", "body", "footer"].filter((name) => bubble[name]);
  return h("div", { className: "flex column" }, ...blocks.map((name) => {
    const block = h("div", { className: `block ${name}` }, component(bubble[name], context, true));
    paint(block, bubble.styles?.[name]?.backgroundColor ?? bubble[name].backgroundColor);
    return block;
  }));
}

function component(node, context, column) {
  switch (node.type) {
    case "box": return box(node, context);
    case "text": case "span": return text(node, context);
    case "image": return picture(node.url, "picture", "Picture");
    case "video": return picture(node.previewUrl, "video", "Video");
    case "icon": return h("span", { className: "bullet" }, "•");
    case "button": return styledButton(node, context);
    case "separator": return h("hr", { className: column ? "" : "upright" });
    default: return h("span", { className: "filler" });
  }
}

function box(node, context) {
  const upright = node.layout === "vertical";
  const element = h("div", { className: `box ${upright ? "vertical" : "horizontal"}` },
    ...(node.contents ?? []).map((child) => {
      const inner = component(child, context, upright);
      if (!upright) inner.style.flex = String(child.flex ?? 1);
      if (child.margin) inner.style[upright ? "marginTop" : "marginLeft"] = `${GAPS[child.margin] ?? 0}px`;
      return inner;
    }));
  if (node.spacing) element.style.gap = `${GAPS[node.spacing] ?? 0}px`;
  paint(element, node.backgroundColor);
  return element;
}

function text(node, context) {
  const words = node.contents?.length ? node.contents.map((span) => text(span, context)) : [node.text ?? ""];
  const element = node.action?.type === "uri"
    ? h("a", { href: context.link(node.action.uri), target: "_blank", rel: "noopener" }, ...words)
    : h("span", { className: "text" }, ...words);
  if (node.size) element.style.fontSize = `${SIZES[node.size] ?? 14}px`;
  if (node.weight === "bold") element.style.fontWeight = "700";
  if (COLOUR.test(node.color ?? "")) element.style.color = node.color;
  if (["center", "end"].includes(node.align)) element.style.textAlign = node.align;
  if (node.type === "text" && !node.wrap) element.classList.add("single");
  return element;
}

function styledButton(node, context) {
  const element = button(node.action, context, `action ${node.style ?? "link"}`);
  if (node.style === "primary") paint(element, node.color);
  return element;
}

function paint(element, colour) {
  if (COLOUR.test(colour ?? "")) element.style.backgroundColor = colour;
}
