// LINE's stickers are pictures from elsewhere; here drawn faces stand for them.

import { faces, sticker } from "./icons.js";

export const STICKERS = faces.map((name, place) => ({ packageId: "446", stickerId: String(1988 + place), name }));

/** A face for a sticker, the same one each time. */
export function face({ packageId, stickerId }) {
  const known = STICKERS.find((one) => one.packageId === packageId && one.stickerId === stickerId);
  return sticker(known?.name ?? faces[Number(stickerId) % faces.length] ?? faces[0]);
}
