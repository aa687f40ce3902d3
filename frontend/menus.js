// Menus are <details>, dialogs are <dialog>: the browser does nearly all of it.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]"))
    if (menu !== except) menu.open = false;
}

function setTheme(theme) {
  document.documentElement.dataset.bsTheme = theme;
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
  document.dispatchEvent(new CustomEvent("theme"));
}

const ACTIONS = {
  theme: () => setTheme(document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark"),
  navigation: (button) => {
    const shown = document.getElementById("navigation").classList.toggle("show");
    button.setAttribute("aria-expanded", String(shown));
  },
  open: (button) => document.getElementById(button.dataset.target).showModal(),
  close: (button) => button.closest("dialog").close(),
  print: () => print(),
  copy: (button) => {
    navigator.clipboard.writeText(document.getElementById(button.dataset.target).textContent);
    button.classList.add("copied");
  },
};

export function startMenus(root) {
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    closeMenus(event.target.closest("details.menu"));
    if (button && ACTIONS[button.dataset.action]) ACTIONS[button.dataset.action](button);
    else if (event.target.matches("dialog")) event.target.close();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus();
    if (event.key === "/" && !event.target.closest("input, textarea, select")) {
      const search = document.querySelector("input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
      }
    }
  });
  root.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
  });
}
