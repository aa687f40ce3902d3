// What waits for an answer, shown on every page of the till, with a way to call it off.
import { money, points } from "./money.js";

export function say(tone, text) {
  const toast = document.getElementById(tone).content.cloneNode(true);
  toast.querySelector(".flex-fill").textContent = text;
  const box = document.getElementById("toasts");
  box.append(toast);
  const shown = box.lastElementChild;
  shown.querySelector("[data-close]").addEventListener("click", () => shown.remove());
  if (tone === "good") setTimeout(() => shown.remove(), 6000);
}

async function callOff(calls, item) {
  const { what, answer } = calls.callOff(item);
  calls.late({ what }, await answer);
}

export function described(what, words) {
  const parts = [words[what.kind] ?? ""];
  if (what.of) parts.push(words[what.of.kind] ?? "");
  const { amount, points: used } = what.of ?? what;
  if (amount !== undefined) parts.push(money(amount));
  if (used) parts.push(`${points(used)} ${words.points}`);
  return parts.filter(Boolean).join(" · ");
}

export function showQueue(place, words, seconds = 1500) {
  const box = place.querySelector("[data-queue]");
  const since = new Map();
  return (calls) => {
    const kept = calls.kept;
    const now = Date.now();
    for (const item of kept) if (!since.has(item.key)) since.set(item.key, now);
    // What is answered at once need not be read.
    const late = kept.filter((item) => calls.tried || now - since.get(item.key) > seconds);
    box.hidden = late.length === 0 && !calls.signedOut;
    box.querySelector("[data-queue-title]").hidden = late.length === 0;
    if (kept.length && !late.length) setTimeout(() => calls.changed(calls), seconds + 50);
    if (!kept.length) calls.tried = false;
    const why = calls.signedOut ? words.sign : words.offline;
    box.querySelector("[data-queue-sign]").hidden = !calls.signedOut;
    box.querySelector("[data-queue-why]").textContent = why;
    const rows = late.map((item) => {
      const row = place.querySelector("[data-queue-item]").content.cloneNode(true);
      row.querySelector("[data-what]").textContent = described(item.what, words);
      const busy = calls.sending.has(item.key);
      row.querySelector("[data-state]").textContent = busy ? words.sending : words.waiting;
      const off = row.querySelector("[data-off]");
      if (item.what.kind === "reverse" || item.what.kind === "refund") off.remove();
      else off.addEventListener("click", () => callOff(calls, item));
      return row;
    });
    box.querySelector("[data-queue-items]").replaceChildren(...rows);
  };
}
