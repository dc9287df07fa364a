// Menus (<details class="menu">) close on Escape and when somebody goes elsewhere.
const open = () => document.querySelectorAll("details.menu[open]:not(.work-menu)");

export function start() {}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});
