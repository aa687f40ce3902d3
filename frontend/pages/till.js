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
  const what = described(item.what, words);
  if (answer.calledOff) say("good", `${what}: ${words.calledOff}`);
  else say(answer.ok ? "good" : "bad", `${what}: ${answer.ok ? words.done : answer.text}`);
};
if (place.querySelector("[data-sale]")) startSale(place, calls, words);
startForms(place, calls, words);
calls.changed(calls);
calls.again();
