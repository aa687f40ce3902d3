// The payment code, drawn anew each minute: made here where this device can, else fetched.
import { STEP, grouped, paymentCode } from "../member/code.js";
import { kept } from "../member/keys.js";
import { bars, qr } from "../member/symbols.js";

const place = document.getElementById("paying");
const part = (name) => place.querySelector(`[data-${name}]`);
let shown = { step: -1, until: 0 };

function draw(digits) {
  part("digits").textContent = grouped(digits);
  part("qr").replaceChildren(qr(digits, place.dataset.label));
  part("bars").replaceChildren(bars(digits, place.dataset.label));
  place.dataset.code = digits;
}

function tell({ made, fetched }) {
  part("made").hidden = !made;
  part("fetched").hidden = !fetched;
  part("none").hidden = made || fetched;
}

async function renew(known) {
  const now = Date.now() / 1000;
  const step = Math.floor(now / STEP);
  if (known) {
    if (step === shown.step) return;
    draw(await paymentCode(known.key, known.device, now));
    shown = { step, until: (step + 1) * STEP };
    tell({ made: true });
    return;
  }
  if (now < shown.until) return;
  shown = { step, until: now + 5 };
  try {
    const answer = await fetch("/m/pay/code", { headers: { Accept: "application/json" } });
    if (answer.status === 401) location.assign("/m/sign-in?next=/m/pay");
    if (!answer.ok) throw new Error(answer.statusText);
    const { code, left } = await answer.json();
    draw(code);
    shown.until = now + left;
    tell({ fetched: true });
  } catch {
    tell({});
  }
}

const found = await kept();
// Another member's key, left by whoever used this browser before, makes no codes here.
const mine = found && (!place.dataset.device || Number(place.dataset.device) === found.device);
const known = mine ? found : undefined;

async function tick() {
  await renew(known);
  const left = Math.max(0, Math.ceil(shown.until - Date.now() / 1000));
  part("left").textContent = String(left);
  part("progress").value = left;
}

await tick();
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => document.hidden || tick());
// A screen that goes dark in the queue shows nothing to scan.
navigator.wakeLock?.request("screen").catch(() => undefined);
