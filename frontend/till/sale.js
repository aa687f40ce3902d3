// One sale at the till: the bill, who pays, points and money, and what became of it.
import { money, plain, points, read } from "./money.js";
import { canScan, listen, scan } from "./scanner.js";

const MOST = 9;
const LONG = 100_000_000; // fen that no longer stand on one line in large digits

export function startSale(place, calls, words) {
  const root = place.querySelector("[data-sale]");
  const part = (name) => root.querySelector(`[data-${name}]`);
  const view = (name) => root.querySelector(`[data-view=${name}]`);
  let typed = "";
  let sale = { scanned: "", quote: undefined, points: undefined };
  let asked = 0;
  let shown = "who";
  let most = ""; // said beside the points, where more were typed than may be used
  let stopLooking; // while the camera looks
  let onward = false; // whether Enter leads to the payment as soon as that may be confirmed

  const bill = () => read(typed || "0") ?? 0;

  function drawBill() {
    part("amount").textContent = money(bill());
    part("amount").classList.toggle("till-long", bill() >= LONG);
  }

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
    drawBill();
    why("who-why");
    if (!sale.scanned) return;
    if (bill() === 0) refuse(words.noBill);
    else quote();
  }

  // What is shown is being worked out again: nothing may be confirmed meanwhile.
  function unready() {
    asked += 1;
    part("pay").disabled = true;
    part("hold").disabled = true;
  }

  // The key that leads to the payment is not the one that confirms it.
  function goOn(event) {
    event?.preventDefault();
    onward = part("pay").disabled;
    part("pay").focus();
  }

  function begin() {
    typed = "";
    sale = { scanned: "", quote: undefined, points: undefined };
    onward = false;
    most = "";
    unready();
    part("who").reset();
    part("reference").value = "";
    part("pin-asked").hidden = true;
    root.querySelector("#pin").value = "";
    why("who-why");
    why("quote-why");
    drawBill();
    show("who");
  }

  function meet(scanned) {
    if (!scanned) return;
    if (!view("wait").hidden) return;
    if (!view("done").hidden) begin();
    stopLooking?.();
    root.querySelector("#scanned").value = scanned;
    if (bill() === 0) {
      why("who-why", words.noBill);
      return;
    }
    sale = { ...sale, scanned };
    quote();
  }

  async function quote() {
    unready();
    const turn = asked;
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
    if (!said.ok && said.code === "insufficient-points" && sale.points !== undefined) {
      most = said.text;
      sale.points = undefined; // as many as there are
      await quote();
      return;
    }
    if (!said.ok) {
      refuse(said.text);
      return;
    }
    sale.quote = said;
    sale.met = sale.scanned;
    why("who-why");
    why("quote-why", most);
    most = "";
    draw();
  }

  function refuse(text) {
    sale.quote = undefined;
    onward = false;
    most = "";
    unready();
    if (sale.met === sale.scanned) {
      why("quote-why", text);
      return;
    }
    // Somebody else than before, or nobody: what is shown of another member goes.
    show("who");
    why("who-why", text);
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
    const notes = [said.locked && words.locked, said.withheld && words.withheld];
    part("note").textContent = notes.filter(Boolean).join(" ");
    part("note").hidden = !part("note").textContent;
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
    if (onward) goOn();
  }

  function use(amount) {
    const usable = sale.quote ? sale.quote.usable : bill();
    sale.points = Math.min(amount, usable);
    most = amount > usable ? `${points(usable)} ${words.usable}` : "";
    unready();
    clearTimeout(use.later);
    use.later = setTimeout(quote, 200);
  }

  // What is typed into the points, as it is typed.
  function typePoints() {
    const amount = read(part("points").value || "0");
    if (amount !== undefined) {
      use(amount);
      return;
    }
    clearTimeout(use.later);
    unready();
    why("quote-why", words.noAmount);
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
      const pin = ["step-up-required", "pin-refused", "wallet-dormant"].includes(said.code);
      part("pin-asked").hidden = !pin;
      if (pin) root.querySelector("#pin").select();
      if (said.code.startsWith("payment-code")) {
        root.querySelector("#scanned").value = "";
        sale.met = undefined; // the next code is looked at as if nobody had been there
        unready();
        why("who-why", said.text);
        view("who").scrollIntoView({ block: "center" });
        return;
      }
      why("quote-why", said.text);
      if (said.code === "insufficient-points") sale.points = undefined;
      else if (said.code !== "quote-expired") return;
      most = said.code === "quote-expired" ? words.anew : said.text;
      await quote();
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
    if (stopLooking) {
      stopLooking();
      return;
    }
    why("who-why");
    try {
      const { found, stop } = await scan(part("video"));
      stopLooking = stop;
      part("camera").classList.add("active");
      addEventListener("pagehide", stop, { once: true });
      meet(await found);
    } catch {
      why("who-why", words.noCamera);
    }
    stopLooking = undefined;
    part("camera").classList.remove("active");
  }

  part("done-title").dataset.paid = part("done-title").textContent;
  part("done-cash-text").dataset.cash = part("done-cash-text").textContent;
  for (const key of root.querySelectorAll("[data-key]"))
    key.addEventListener("click", () => press(key.dataset.key));
  part("who").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = root.querySelector("#scanned").value.trim();
    if (sale.quote && text === sale.scanned) goOn();
    else meet(text);
  });
  part("points").addEventListener("input", typePoints);
  part("points").addEventListener("change", () => {
    if (sale.points !== undefined && read(part("points").value || "0") !== undefined)
      part("points").value = plain(sale.points);
  });
  for (const field of [part("points"), part("reference"), root.querySelector("#pin")])
    field.addEventListener("keydown", (event) => event.key === "Enter" && goOn(event));
  // A key that is held down confirms nothing.
  part("pay").addEventListener("keydown", (event) => event.repeat && event.preventDefault());
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
    unready();
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
    else if (event.key !== "Enter" || event.target.closest?.("button, summary, a")) return;
    else if (view("quote").hidden) root.querySelector("#scanned").focus();
    else goOn(event);
  });
  // What could not be worked out without a network is worked out once it is back.
  addEventListener("online", () => sale.scanned && !sale.quote && bill() > 0 && quote());
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
      drawBill();
      meet(text);
    },
  });
  show("who");
}
