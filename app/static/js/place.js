// Finding one's way in the page: elements within a root, words told politely, focus, new pieces put in.

/** Elements matching `selector` inside `root`, the root itself included. */
export function within(root, selector) {
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root);
  return found;
}

/** Say something that need not interrupt: shown for a moment, read aloud when the reader is free. */
let clearing;
export function tell(text) {
  const toast = document.getElementById("toast");
  if (!toast) return;
  toast.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => (toast.textContent = ""), 4000);
}

/** The error summary (or whatever asks for it) takes the focus. */
export function focusFirst(root) {
  const wanted = within(root, "[data-focus]")[0];
  if (wanted) wanted.focus();
}

/** Let the scripts know of a new piece of page. */
export function arrived(element) {
  document.dispatchEvent(new CustomEvent("fragment", { detail: element }));
}

/** Parse an answer's HTML and give the element wanted, or null. */
export function pieceOf(html, selector) {
  return new DOMParser().parseFromString(html, "text/html").querySelector(selector);
}
