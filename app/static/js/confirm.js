// <a data-confirm href="…">: shows that page's question ([data-confirm-body]) in a dialog. Without scripts, or when
// anything goes wrong, the reader goes to the page itself.
import { arrived, pieceOf, within } from "./place.js";

export function start(root) {
  for (const link of within(root, "a[data-confirm]")) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      ask(link);
    });
  }
}

async function ask(link) {
  const body = await question(link.href).catch(() => null);
  if (!body) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement("dialog");
  const heading = body.querySelector("h1");
  if (heading) {
    const smaller = document.createElement("h2");
    smaller.id = "dialog-title";
    smaller.append(...heading.childNodes);
    heading.replaceWith(smaller);
    dialog.setAttribute("aria-labelledby", smaller.id);
  }
  dialog.append(body);
  document.body.append(dialog);
  for (const way of dialog.querySelectorAll("[data-dismiss]")) {
    way.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
  }
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  dialog.showModal();
  arrived(dialog);
}

async function question(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  return answer.ok && !answer.redirected ? pieceOf(await answer.text(), "[data-confirm-body]") : null;
}
