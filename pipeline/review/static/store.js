// What the page knows, and who wants to hear when it changes.

/** article, transcript, voices and words as the server gave them last. */
export const store = { article: null, transcript: null, voices: null, words: null, stages: null };
const listeners = new Map();

/** Call `tell` now and whenever `what` changes. */
export function on(what, tell) {
  listeners.set(what, [...(listeners.get(what) ?? []), tell]);
  if (store[what]) tell(store[what]);
}

/** Take parts of an answer in; what is null or absent stays as it was. */
export function take(parts) {
  const changed = Object.entries(parts).filter(([what, value]) => what in store && value);
  for (const [what, value] of changed) store[what] = value;
  for (const [what] of changed) for (const tell of listeners.get(what) ?? []) tell(store[what]);
}

/** A voice's row of the list of voices. */
export const voiceOf = (id) => store.voices?.voices.find((one) => one.voice === id);
