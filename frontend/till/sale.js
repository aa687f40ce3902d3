// One sale at the till: the bill, who pays, points and money, and what became of it.
import { money, plain, points, read } from "./money.js";
import { canScan, listen, scan } from "./scanner.js";

const MOST = 9;

export function startSale(place, calls, words) {
  const root = place.querySelector("[data-sale]");
  const part = (name) => root.querySelector(`[data-${name}]`);
  const view = (name) => root.querySelector(`[data-view=${name}]`);
  let typed = "";
  let sale = { scanned: "", quote: undefined, points: undefined };
  let asked = 0;
  let shown = "who";

  const bill = () => read(typed || "0") ?? 0;

  function show(...names) {
    for (const one of root.querySelectorAll("[data-view]"))
      one.hidden = one.dataset.view !== "bill" && !names.includes(one.dataset.view);
    // On a phone the keypad fills the screen: go to what is to be read now.
    const now = names.at(-1);
    if (now !== "who" && now !== shown) view(now).scrollIntoView({ block: "nearest" });
    shown = now;
  }

  function why(name, text) {
    part(name).textContent = text ?? "";
    part(name).hidden = !text;
  }

  function press(key) {
    if (!view("done").hidden || !view("wait").hidden) return;
    if (key === "clear") typed = "";
    else if (key === "back") typed = typed.slice(0, -1);
    else if (read(typed + key) !== undefined || (key === "." && !typed.includes(".")))
      if ((typed + key).replace(/\..*/, "").length <= MOST) typed += key;
    if (typed.startsWith(".")) typed = `0${typed}`;
    typed = typed.replace(/^0+(?=\d)/, "");
    part("amount").textContent = money(bill());
    why("who-why");
    if (sale.scanned) quote();
  }

  function begin() {
    typed = "";
    sale = { scanned: "", quote: undefined, points: undefined };
    part("who").reset();
    part("reference").value = "";
    part("pin-asked").hidden = true;
    root.querySelector("#pin").value = "";
    why("who-why");
    why("quote-why");
    part("amount").textContent = money(0);
    show("who");
  }

  function meet(scanned) {
    if (!scanned) return;
    if (!view("wait").hidden) return;
    if (!view("done").hidden) begin();
    root.querySelector("#scanned").value = scanned;
    if (bill() === 0) {
      why("who-why", words.noBill);
      return;
    }
    sale = { ...sale, scanned };
    quote();
  }

  async function quote() {
    const turn = ++asked;
    if (bill() === 0) return;
    const body = { scanned: sale.scanned, amount: bill() };
    if (sale.points !== undefined) body.points = Math.min(sale.points, bill());
    let said;
    try {
      said = await calls.ask("/quote", body);
    } catch {
      if (turn === asked) refuse(calls.signedOut ? words.sign : words.retry);
      return;
    }
    if (turn !== asked) return;
    if (!said.ok) {
      refuse(said.text);
      return;
    }
    sale.quote = said;
    why("who-why");
    why("quote-why");
    draw();
  }

  function refuse(text) {
    sale.quote = undefined;
    if (view("quote").hidden) why("who-why", text);
    else why("quote-why", text);
    part("pay").disabled = true;
  }

  function line(left, below, right) {
    const row = document.createElement("div");
    row.className = "line";
    const texts = document.createElement("div");
    texts.className = "flex-fill";
    const first = document.createElement("div");
    first.textContent = left;
    texts.append(first);
    if (below) {
      const second = document.createElement("div");
      second.className = "text-secondary";
      second.textContent = below;
      texts.append(second);
    }
    const number = document.createElement("div");
    number.className = "tabular";
    number.textContent = right;
    row.append(texts, number);
    return row;
  }

  function draw() {
    const said = sale.quote;
    part("here").replaceChildren(
      ...said.here.map((one) =>
        line(one.issuer, one.ends ? `${words.ends} ${one.ends}` : "", points(one.points)),
      ),
    );
    part("elsewhere").hidden = !said.elsewhere;
    part("elsewhere").textContent = `${points(said.elsewhere)} ${words.elsewhere}`;
    part("usable").textContent = points(said.usable);
    part("range").max = said.usable;
    part("range").value = said.points;
    if (document.activeElement !== part("points")) part("points").value = plain(said.points);
    part("sum-points").textContent = points(said.points);
    part("sum-cash").textContent = money(said.cash);
    part("sum-earned").textContent = points(said.earned);
    part("pay").disabled = false;
    part("hold").disabled = said.points === 0;
    show("who", "quote");
  }

  function use(amount) {
    const most = sale.quote ? sale.quote.usable : bill();
    sale.points = Math.max(0, Math.min(amount, most));
    part("pay").disabled = true;
    clearTimeout(use.later);
    use.later = setTimeout(quote, 200);
  }

  async function post(path, body, what) {
    const pin = root.querySelector("#pin").value;
    show("wait");
    part("wait-warn").hidden = true;
    part("next").hidden = true;
    const late = setTimeout(() => {
      part("wait-warn").textContent = `${words.offline} ${words.unconfirmed}`;
      part("wait-warn").hidden = false;
      part("next").hidden = false;
    }, 2500);
    const { key, answer } = calls.post(path, body, what, pin ? { pin } : {});
    sale.key = key;
    const said = await answer;
    clearTimeout(late);
    if (sale.key !== key) {
      calls.late?.({ key, what }, said);
      return;
    }
    if (said.calledOff) {
      begin();
      return;
    }
    if (!said.ok) {
      show("who", "quote");
      part("pin-asked").hidden = !["step-up-required", "pin-refused", "wallet-dormant"].includes(
        said.code,
      );
      if (said.code.startsWith("payment-code")) {
        root.querySelector("#scanned").value = "";
        part("pay").disabled = true;
        why("who-why", said.text);
        view("who").scrollIntoView({ block: "center" });
        return;
      }
      why("quote-why", said.text);
      if (said.code === "insufficient-points") {
        sale.points = undefined;
        await quote();
        why("quote-why", said.text);
      }
      return;
    }
    finish(said);
  }

  function finish(said) {
    const held = said.kind === "hold";
    part("done-title").textContent = held ? words.hold : part("done-title").dataset.paid;
    part("done-cash").textContent = held ? points(said.spent || sale.points || 0) : money(said.cash);
    part("done-cash-text").textContent = held ? words.points : part("done-cash-text").dataset.cash;
    part("done-sums").hidden = held;
    part("done-points").textContent = points(said.spent);
    part("done-earned").textContent = points(said.earned);
    part("done-lots").replaceChildren(
      ...said.lots.map((one) => line(one.issuer, "", points(one.points))),
    );
    part("receipt").href = `${place.dataset.root}/receipts/${said.operation}`;
    show("done");
    part("again").focus();
  }

  function pay() {
    const said = sale.quote;
    if (!said) return;
    const body = {
      scanned: sale.scanned, amount: said.amount, points: said.points, quote: said.id,
    };
    if (part("reference").value.trim()) body.reference = part("reference").value.trim();
    post("/pay", body, { kind: "pay", amount: said.amount, points: said.points });
  }

  function hold() {
    const said = sale.quote;
    if (!said?.points) return;
    sale.points = said.points;
    const body = { scanned: sale.scanned, points: said.points };
    if (part("reference").value.trim()) body.reference = part("reference").value.trim();
    post("/hold", body, { kind: "hold", points: said.points });
  }

  function next() {
    sale.key = undefined;
    begin();
  }

  async function look() {
    try {
      const { found, stop } = await scan(part("video"));
      addEventListener("pagehide", stop, { once: true });
      meet(await found);
    } catch {
      why("who-why", words.noCamera);
    }
  }

  part("done-title").dataset.paid = part("done-title").textContent;
  part("done-cash-text").dataset.cash = part("done-cash-text").textContent;
  for (const key of root.querySelectorAll("[data-key]"))
    key.addEventListener("click", () => press(key.dataset.key));
  part("who").addEventListener("submit", (event) => {
    event.preventDefault();
    meet(root.querySelector("#scanned").value.trim());
  });
  part("points").addEventListener("input", () => {
    const amount = read(part("points").value || "0");
    if (amount !== undefined) use(amount);
  });
  part("range").addEventListener("input", () => {
    part("points").value = plain(Number(part("range").value));
    use(Number(part("range").value));
  });
  part("all").addEventListener("click", () => {
    sale.points = undefined;
    quote();
  });
  part("none").addEventListener("click", () => use(0));
  part("pay").addEventListener("click", pay);
  part("hold").addEventListener("click", hold);
  part("other").addEventListener("click", () => {
    sale = { scanned: "", quote: undefined, points: undefined };
    part("who").reset();
    show("who");
    root.querySelector("#scanned").focus();
  });
  part("next").addEventListener("click", next);
  part("again").addEventListener("click", next);
  part("camera").addEventListener("click", look);
  addEventListener("keydown", (event) => {
    if (event.target.closest?.("input, textarea, select") || event.ctrlKey || event.metaKey) return;
    if (/^[0-9.]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("back");
    else if (event.key === "Enter" && !event.target.closest?.("button, summary, a"))
      root.querySelector("#scanned").focus();
  });
  canScan().then((can) => {
    part("camera").hidden = !can;
  });
  // A scanner that types while no field has the focus types into the bill: put that back.
  let was = "";
  listen({
    begins: () => {
      was = typed;
    },
    scanned: (text) => {
      typed = was;
      part("amount").textContent = money(bill());
      meet(text);
    },
  });
  show("who");
}
