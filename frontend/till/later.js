// Forms after the sale: a refund of a receipt, the bill of a hold, its release.
import { money, plain, points as shown, read } from "./money.js";

export function startForms(place, calls, words) {
  for (const form of place.querySelectorAll("form[data-call]"))
    (form.dataset.call === "refund" ? refunds : captures)(place, form, calls, words);
}

function why(form, text) {
  const told = form.querySelector("[data-why]");
  told.textContent = text ?? "";
  told.hidden = !text;
}

async function post(place, form, calls, words, path, body, what) {
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const buttons = [...form.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  const late = setTimeout(() => why(form, `${words.offline} ${words.unconfirmed}`), 2500);
  const said = await calls.post(path, body, what).answer;
  clearTimeout(late);
  if (said.ok) {
    location.assign(`${place.dataset.root}/receipts/${said.operation}`);
    return;
  }
  delete form.dataset.busy;
  for (const button of buttons) button.disabled = false;
  why(form, said.calledOff ? words.calledOff : said.text);
}

function refunds(place, form, calls, words) {
  const original = form.dataset.original;
  const send = (amount) => {
    why(form);
    const body = amount === undefined ? { original } : { original, amount };
    const what = { kind: "refund", amount: amount ?? Number(form.dataset.left) };
    post(place, form, calls, words, "/refund", body, what);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const amount = read(form.elements.amount.value);
    if (amount) {
      send(amount);
      return;
    }
    why(form, words.noAmount);
    form.elements.amount.select();
  });
  form.querySelector("[data-whole]").addEventListener("click", () => send());
}

function captures(place, form, calls, words) {
  const held = Number(form.dataset.held);
  const { bill, points: used } = form.elements;
  let own = false;
  // What is typed and cannot be read, or cannot be paid, is paid by nobody.
  const split = () => {
    const amount = read(bill.value) ?? 0;
    const most = Math.min(amount, held);
    const points = own ? read(used.value || "0") : most;
    return { points, most, cash: amount - Math.min(points ?? 0, most), amount };
  };
  const wrong = () => {
    const { points, most, amount } = split();
    if (!amount) return bill;
    return points === undefined || points > most ? used : undefined;
  };
  const told = (field) => {
    const { most } = split();
    const many = field === used && read(used.value) !== undefined;
    return many ? `${shown(most)} ${words.usable}` : words.noAmount;
  };
  const draw = () => {
    const { points, cash } = split();
    if (!own) used.value = plain(points);
    form.querySelector("[data-cash]").textContent = money(cash);
    const field = bill.value ? wrong() : undefined;
    why(form, field && told(field));
  };
  bill.addEventListener("input", draw);
  used.addEventListener("input", () => {
    own = true;
    draw();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = wrong();
    if (field) {
      why(form, told(field));
      return field.select();
    }
    const { points, cash, amount } = split();
    const what = { kind: "capture", amount, points };
    const body = { hold: form.dataset.hold, points, cash };
    return post(place, form, calls, words, "/capture", body, what);
  });
  form.querySelector("[data-void]").addEventListener("click", () => {
    const body = { hold: form.dataset.hold };
    post(place, form, calls, words, "/void", body, { kind: "void", points: held });
  });
}
