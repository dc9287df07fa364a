// [data-hide-when]: a field that the form hides for certain choices. The server has listed the combinations, as
// [{"field": "value", …}, …]; hidden controls are switched off, so they are not sent. The server decides anew anyway.
import { within } from "./place.js";

export function start(root) {
  for (const form of within(root, "form")) {
    const fields = [...form.querySelectorAll("[data-hide-when]")];
    if (!fields.length) continue;
    const settle = () => fields.forEach((field) => set(form, field));
    form.addEventListener("change", settle);
    settle();
  }
}

function set(form, field) {
  const combinations = JSON.parse(field.dataset.hideWhen);
  const hidden = combinations.some((one) => Object.entries(one).every(([name, value]) => valueOf(form, name) === value));
  field.hidden = hidden;
  for (const control of field.querySelectorAll("input, select, textarea")) {
    if (!control.dataset.fixed) control.disabled = hidden;
  }
}

function valueOf(form, name) {
  const control = form.elements[name];
  if (!control) return "";
  if (control.type === "checkbox") return control.checked ? "true" : "false";
  return control.value || "";
}
