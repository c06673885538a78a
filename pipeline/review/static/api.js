// Talks to the server. Every answer is JSON; a refusal is thrown as a Problem with a Dutch sentence.

const slug = decodeURIComponent(location.pathname.split("/")[2] ?? "");
export const base = `/api/w/${encodeURIComponent(slug)}/`;
export const here = { slug, tab: crypto.randomUUID() };

export class Problem extends Error {
  constructor(status, body) {
    super(body?.problem ?? "De server antwoordt niet. Wat u typte blijft hier bewaard.");
    this.status = status;
    this.hint = body?.hint ?? null;
    this.body = body ?? {};
  }
}

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Problem(0, null);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}

/** Read something of this webinar. */
export const get = (path) => answer(fetch(base + path));

/** Do something in this webinar. */
export const post = (path, body = {}) =>
  answer(
    fetch(base + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Tab": here.tab },
      body: JSON.stringify(body),
    }),
  );

/** Read something of all webinars. */
export const getAll = (path) => answer(fetch(path));
