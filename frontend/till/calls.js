// Calls to the alliance. What posts has a key and is kept here until it was answered: it is sent
// again, by itself, after the network was away or the page was left, and never posts twice.
const AGAIN = 4000;
const PATIENCE = 12000;

export class Calls {
  constructor(place, changed) {
    this.root = place.dataset.root;
    this.proof = place.dataset.proof;
    this.name = `till-queue ${place.dataset.outlet}`;
    this.changed = changed;
    this.secrets = new Map();
    this.waiting = new Map();
    this.sending = new Set();
    this.signedOut = false;
    addEventListener("online", () => this.again());
    addEventListener("storage", (event) => event.key === this.name && this.changed(this));
    setInterval(() => this.again(), AGAIN);
  }

  // What waits, oldest first.
  get kept() {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "[]");
    } catch {
      return [];
    }
  }

  keep(items) {
    localStorage.setItem(this.name, JSON.stringify(items));
    this.changed(this);
  }

  // Ask something that changes nothing; throws where there is no network.
  async ask(path, body) {
    try {
      return await this.fetch(path, body, {});
    } finally {
      this.changed(this);
    }
  }

  // Post something: answers once it is known what became of it. `secret` is sent and not kept.
  post(path, body, what, secret = {}) {
    const item = { key: `till-${crypto.randomUUID?.() ?? random()}`, path, body, what };
    this.secrets.set(item.key, secret);
    const answer = new Promise((done) => this.waiting.set(item.key, done));
    this.keep([...this.kept, item]);
    this.send(item);
    return { key: item.key, answer };
  }

  // Give up waiting: undo it at the alliance, whether it has arrived or not.
  callOff(item) {
    this.keep(this.kept.filter((one) => one.key !== item.key));
    this.settle(item, { ok: false, calledOff: true });
    const what = { kind: "reverse", of: item.what };
    return { what, ...this.post("/reverse", { original_key: item.key }, what) };
  }

  again() {
    for (const item of this.kept) this.send(item);
  }

  async send(item) {
    if (this.sending.has(item.key)) return;
    this.sending.add(item.key);
    this.changed(this);
    try {
      const body = { ...item.body, ...this.secrets.get(item.key) };
      const answer = await this.fetch(item.path, body, { "Idempotency-Key": item.key });
      if (this.kept.some((one) => one.key === item.key)) {
        this.keep(this.kept.filter((one) => one.key !== item.key));
        this.settle(item, answer);
      }
    } catch {
      item.tried = true;
      this.tried = true;
    } finally {
      this.sending.delete(item.key);
      this.changed(this);
    }
  }

  settle(item, answer) {
    this.secrets.delete(item.key);
    const done = this.waiting.get(item.key);
    this.waiting.delete(item.key);
    if (done) done(answer);
    else this.late?.(item, answer);
  }

  async fetch(path, body, more) {
    const answer = await fetch(this.root + path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: {
        "Content-Type": "application/json", Accept: "application/json", "X-Proof": this.proof,
        ...more,
      },
      signal: AbortSignal.timeout(PATIENCE),
    });
    this.signedOut = answer.status === 401;
    // The alliance has not decided: it is busy, still at work on this key, or we are unknown.
    if (answer.status >= 500 || answer.status === 401) throw new Error(String(answer.status));
    const said = await answer.json();
    if (said.code === "key-running" || said.code === "form-foreign") throw new Error(said.code);
    return { ok: answer.ok, ...said };
  }
}

// A page without https has no randomUUID.
function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
