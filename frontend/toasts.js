// What was just done is said once and goes by itself; what went wrong stays until it is closed.
export function startToasts(root) {
  for (const toast of root.querySelectorAll(".toast")) {
    toast.querySelector("[data-close]")?.addEventListener("click", () => toast.remove());
    if (!toast.matches(".toast-bad")) setTimeout(() => toast.remove(), 6000);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const template = document.getElementById("failed");
  document.body.addEventListener("refused", () => {
    const toasts = document.getElementById("toasts");
    // What asks every few seconds says once that it has no answer.
    if (toasts.querySelector(".toast-bad")) return;
    toasts.append(template.content.cloneNode(true));
    startToasts(toasts);
  });
});
