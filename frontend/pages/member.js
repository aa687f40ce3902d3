// What all pages of a member have: they can be installed, and forget the key at sign-out.
import { forget } from "../member/keys.js";

navigator.serviceWorker?.register("/m/worker.js", { scope: "/m" }).catch(() => undefined);

document.querySelector("form[action='/m/sign-out']")?.addEventListener("submit", forget);

addEventListener("beforeinstallprompt", (event) => {
  const place = document.querySelector("[data-install]");
  if (!place) return;
  event.preventDefault();
  place.hidden = false;
  place.querySelector("button").addEventListener("click", () => event.prompt(), { once: true });
});
