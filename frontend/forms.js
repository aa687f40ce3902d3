// A form that is under way cannot be sent again; its key makes sure on the server.
export function guardForms(root) {
  for (const form of root.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      for (const button of form.querySelectorAll("button[type=submit]")) {
        button.classList.add("btn-loading");
        button.setAttribute("aria-busy", "true");
      }
    });
  }
}

// Back from the next page: the form may be sent again, and its key tells whether it was.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll(".btn-loading")) {
      button.classList.remove("btn-loading");
      button.removeAttribute("aria-busy");
    }
  }
});
