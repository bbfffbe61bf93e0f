// Small drawings, so that nothing depends on the fonts of the machine.

const SVG = "http://www.w3.org/2000/svg";

function svg(box, className, ...shapes) {
  const root = document.createElementNS(SVG, "svg");
  root.setAttribute("viewBox", box);
  root.setAttribute("class", className);
  root.setAttribute("aria-hidden", "true");
  for (const [tag, attributes] of shapes) {
    const shape = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
    root.append(shape);
  }
  return root;
}

const PATHS = {
  pin: "M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7zm0 9.5A2.5 2.5 0 1 1 12 6.500a2.500 2.500 0 0 1 0 5z",
  file: "M6 2h8l5 5v15H6a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zm7 1.500V8h4.500zM8 12v1.500h8V12zm0 4v1.500h8V16z",
  sound: "M12 14a3 3 0 0 0 3-3V5a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.900V21h2v-3.100A7 7 0 0 0 19 11z",
  picture: "M4 4h16a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm1 13h14l-4.500-6-3.500 4.500L8.500 12zM8 10a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z",
  video: "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zm6 3.500v7l6-3.500z",
  send: "M3 20l18-8L3 4l0 6 11 2-11 2z",
  smile: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 18.200a8.200 8.200 0 1 1 0-16.400 8.200 8.200 0 0 1 0 16.400zM8.500 11a1.300 1.300 0 1 0 0-2.600 1.300 1.300 0 0 0 0 2.600zm7 0a1.300 1.300 0 1 0 0-2.600 1.300 1.300 0 0 0 0 2.600zM7.300 13.500a5 5 0 0 0 9.400 0z",
};

/** A sign of one colour, that of the text around it. */
export const icon = (name) => svg("0 0 24 24", "icon", ["path", { d: PATHS[name], fill: "currentColor" }]);

const INK = "#4a3312";
const line = (d, extra = {}) => ["path", { d, fill: "none", stroke: INK, "stroke-width": 4, "stroke-linecap": "round", ...extra }];
const eye = (x, y = 42) => ["circle", { cx: x, cy: y, r: 4.500, fill: INK }];
const shut = (x) => line(`M${x - 7} 43q7 -8 14 0`);
const blush = [24, 76].map((cx) => ["circle", { cx, cy: 58, r: 6, fill: "#f59b7c", opacity: 0.6 }]);
const drop = ["path", { d: "M70 50q7 10 0 14q-7 -4 0 -14z", fill: "#58aee8" }];
const heart = (x, y) => ["path", { d: `M${x} ${y + 9}c-10 -7 -8 -14 -3 -14c2 0 3 2 3 3c0 -1 1 -3 3 -3c5 0 7 7 -3 14z`, fill: "#e8505b" }];
const confetti = [[12, 16, "#e8505b"], [86, 14, "#2f9e63"], [92, 44, "#3f7fd0"], [8, 48, "#8f5bd0"], [72, 6, "#e9a72d"]]
  .map(([x, y, fill]) => ["rect", { x, y, width: 7, height: 7, rx: 1.500, fill, transform: `rotate(25 ${x} ${y})` }]);

const FACES = {
  hello: [eye(36), eye(64), line("M36 58q14 14 28 0"), line("M88 30l6 -12M80 26l2 -14M92 38l12 -4", { "stroke-width": 3, stroke: "#e0a824" })],
  good: [shut(36), shut(64), line("M34 57q16 18 32 0")],
  happy: [eye(36), eye(64), ["path", { d: "M34 55h32q-4 20 -16 20t-16 -20z", fill: INK }], ...blush],
  laughing: [shut(36), shut(64), ["path", { d: "M32 54h36q-4 24 -18 24t-18 -24z", fill: INK }], drop],
  sad: [eye(36), eye(64), line("M36 68q14 -14 28 0"), drop],
  celebrate: [eye(36), eye(64), line("M34 56q16 18 32 0"), ...confetti],
  please: [eye(36), eye(64), ["circle", { cx: 50, cy: 66, r: 6, fill: INK }], ...blush],
  love: [heart(36, 38), heart(64, 38), line("M36 58q14 14 28 0"), ...blush],
};

/** The faces that can be sent, by name. */
export const faces = Object.keys(FACES);

/** A sticker: a round face in one of eight moods. */
export const sticker = (name) => svg("-4 0 112 100", "face",
  ["circle", { cx: 50, cy: 52, r: 40, fill: "#ffd24d" }],
  ["circle", { cx: 50, cy: 52, r: 40, fill: "none", stroke: "#e0a824", "stroke-width": 2 }],
  ...FACES[name]);
