// What is being typed, kept in this browser until the server has it; forgotten after two weeks.

import { here } from "./api.js";

const DAYS = 14;
const key = (name) => `impressie/${here.slug}/${name}`;

/** Keep a text under a name; an empty one is forgotten. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(key(name));
    else localStorage.setItem(key(name), JSON.stringify({ ...value, at: Date.now() }));
  } catch {
    // a full or forbidden store: the text is still in its field
  }
}

/** All that was kept for this webinar: [name, value]. */
export function kept() {
  const found = [];
  for (let i = localStorage.length - 1; i >= 0; i -= 1) {
    const name = localStorage.key(i);
    if (!name?.startsWith("impressie/")) continue;
    const value = JSON.parse(localStorage.getItem(name) ?? "null");
    if (!value || Date.now() - value.at > DAYS * 86400e3) localStorage.removeItem(name);
    else if (name.startsWith(key(""))) found.push([name.slice(key("").length), value]);
  }
  return found;
}
