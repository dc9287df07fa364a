// <input type="file" data-largest="bytes" data-too-large="…{name}…">: a file that is too large is told at once and not
// sent; the server would only hang up on it.
import { within } from "./place.js";

export function start(root) {
  for (const input of within(root, "input[type=file][data-largest]")) {
    input.addEventListener("change", () => check(input));
  }
}

function check(input) {
  const field = input.closest(".field");
  field.querySelector(".error")?.remove();
  const large = [...input.files].find((file) => file.size > Number(input.dataset.largest));
  field.classList.toggle("wrong", Boolean(large));
  input.toggleAttribute("aria-invalid", Boolean(large));
  if (!large) return;
  input.setAttribute("aria-invalid", "true");
  const told = document.createElement("p");
  told.className = "error";
  told.id = `${input.id}-error`;
  told.setAttribute("role", "alert");
  told.textContent = input.dataset.tooLarge.replace("{name}", large.name);
  field.append(told);
  input.value = "";
}
