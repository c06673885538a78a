// Elements out of plain values. Text is always text: nothing here parses HTML.

/** el("button.primary", {onclick}, "Bewaar") → an element; false and null children are left out. */
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Put new children in the place of the old ones. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
}

/** Seconds as 0:12:30. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** A moment of the day, for people. */
export const when = (iso) =>
  new Date(iso).toLocaleString("nl-NL", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });

/** A day, for people. */
export const day = (iso) => new Date(iso).toLocaleDateString("nl-NL", { day: "numeric", month: "long", year: "numeric" });

/** Say something in the status line, which a screen reader reads out. */
export function say(text, wrong = false) {
  const line = byId("melding");
  line.textContent = text;
  line.classList.toggle("fout", wrong);
}

/** Say what went wrong. */
export function sayProblem(problem) {
  say([problem.message, problem.hint].filter(Boolean).join(" "), true);
}

/** Run a handler; a refusal is said, never lost. Gives undefined then. */
export async function careful(work) {
  try {
    return await work();
  } catch (problem) {
    sayProblem(problem);
    return undefined;
  }
}

/** A button that cannot be pressed twice while its work goes on. */
export function button(text, work, kind = "") {
  const made = el(`button${kind && "." + kind}`, { type: "button" }, text);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await careful(() => work(made));
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

/** A labelled field. */
export function field(label, input) {
  return el("label.veld", {}, el("span", {}, label), input);
}

/** The words of a difference, with what a screen reader needs to tell old from new. */
export function difference(steps) {
  return el(
    "p.verschil",
    {},
    steps.map(([op, text]) =>
      op === "="
        ? text
        : el(op === "-" ? "del" : "ins", {}, el("span.stil", {}, op === "-" ? "[weg: " : "[nieuw: "), text, el("span.stil", {}, "]")),
    ),
  );
}

/** A modal dialog that closes with Esc and gives the focus back; returns it, opened. */
export function dialog(title, ...children) {
  const before = document.activeElement;
  const id = `kop-${Math.random().toString(36).slice(2)}`;
  const made = el(
    "dialog",
    { "aria-labelledby": id },
    el("div.kopregel", {}, el("h2", { id }, title), el("button.sluit", { type: "button", onclick: () => made.close() }, "Sluiten")),
    ...children,
  );
  made.addEventListener("close", () => {
    made.remove();
    before?.focus?.();
  });
  document.body.append(made);
  made.showModal();
  return made;
}

/** Ask one thing; resolves to true or false. */
export function confirmed(title, text, yes) {
  return new Promise((resolve) => {
    const ask = dialog(
      title,
      el("p", {}, text),
      el(
        "p.knoppen",
        {},
        el("button.hoofd", { type: "button", onclick: () => (resolve(true), ask.close()) }, yes),
        el("button", { type: "button", onclick: () => ask.close() }, "Annuleren"),
      ),
    );
    ask.addEventListener("close", () => resolve(false));
  });
}
