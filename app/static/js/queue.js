// A cursor in a list of rows: j and k (or the arrows) move it, Enter opens, / goes to the search field.
// The cursor is the focus on the row's link, so that screen readers and the fragment's replacement follow it.
const rows = () => [...document.querySelectorAll("[data-queue] [data-row]")];

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable], dialog");
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const inside = event.target.closest("[data-queue]");
  if (event.key === "j" || (event.key === "ArrowDown" && inside)) move(1);
  else if (event.key === "k" || (event.key === "ArrowUp" && inside)) move(-1);
  else if (event.key === "/") document.getElementById("f-q")?.focus();
  else return;
  event.preventDefault();
});

// A click anywhere in a row opens it, except on what is itself a control or while text is being selected.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-queue] [data-row]");
  if (!row || event.target.closest("a, button, input, label") || String(getSelection())) return;
  row.querySelector("a").click();
});
