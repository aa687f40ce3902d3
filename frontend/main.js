// What every page has. Pages work without it, but for charts and the theme switch.
import "./main.css";
import htmx from "htmx.org";
import { drawCharts } from "./charts.js";
import { guardForms } from "./forms.js";
import { startMenus } from "./menus.js";
import { startToasts } from "./toasts.js";

// Nothing is evaluated and no style is written into the page: the policy allows neither.
Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  timeout: 20000,
});

function begin(root) {
  guardForms(root);
  drawCharts(root);
  startToasts(root);
}

startMenus(document);
begin(document.body);
// What was refused may be far down a phone's page.
document.querySelector("[aria-invalid=true]")?.focus();
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) begin(event.detail.elt);
});

// A session that ended answers with the page to sign in at; it must not land inside a list.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) location.reload();
  else if (xhr.status >= 400) document.body.dispatchEvent(new CustomEvent("refused"));
});
