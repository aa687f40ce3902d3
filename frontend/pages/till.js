// The till: a sale where the page has one, forms after it, and what waits on every page.
import { Calls } from "../till/calls.js";
import { startForms } from "../till/later.js";
import { described, say, showQueue } from "../till/queue.js";
import { startSale } from "../till/sale.js";

const place = document.getElementById("till");
const words = JSON.parse(place.dataset.words);
const calls = new Calls(place, showQueue(place, words));

// What was kept from before, or waited while the cashier served somebody else.
calls.late = (item, answer) => {
  if (answer.calledOff) return; // what calls it off says so, once it has
  const good = item.what.kind === "reverse" ? words.calledOff : words.done;
  const what = described(item.what, words);
  say(answer.ok ? "good" : "bad", `${what}: ${answer.ok ? good : answer.text}`);
};
if (place.querySelector("[data-sale]")) startSale(place, calls, words);
startForms(place, calls, words);
calls.changed(calls);
calls.again();
