// A button that prints the page; it is hidden where there are no scripts, for it could do nothing.
export function start(root) {
  for (const button of root.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
