// <form data-draft="key">: what is typed is kept on this device until it is sent, seven days at most. Personal fields
// ([data-personal]), codes, files and hidden fields are never kept. Logging out ([data-forget]) clears every draft.
import { within } from "./place.js";
import { say } from "./words.js";

const PREFIX = "draft:";
const LONGEST = 7 * 86400 * 1000;
const NEVER = "[data-personal], [data-personal] *, [type=file], [type=password], [type=hidden], [type=submit], [type=button]";

export function start(root) {
  for (const form of within(root, "form[data-draft]")) keep(form);
  for (const form of within(root, "form[data-forget]")) form.addEventListener("submit", forgetAll);
}

/** The form was sent: its draft goes, and nothing saved late brings it back. */
export function forget(form) {
  form.dataset.sent = "yes";
  if (form.dataset.draft) localStorage.removeItem(PREFIX + form.dataset.draft);
}

function forgetAll() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

function controls(form) {
  return [...form.elements].filter((one) => one.name && !one.matches(NEVER));
}

function keep(form) {
  const key = PREFIX + form.dataset.draft;
  const kept = read(key);
  if (kept && untouched(form) && restore(form, kept.values)) note(form, key);
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => save(form, key), 400);
  });
  form.addEventListener("change", () => save(form, key));
}

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    if (kept && Date.now() - kept.at < LONGEST) return kept;
    localStorage.removeItem(key);
  } catch {
    localStorage.removeItem(key);
  }
  return null;
}

function save(form, key) {
  if (form.dataset.sent) return;
  const values = controls(form).map((one) =>
    one.type === "checkbox" || one.type === "radio" ? [one.name, one.value, one.checked] : [one.name, one.value],
  );
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
  } catch {
    /* a full or forbidden store: the form works without it */
  }
}

// An answer with errors brings its values along; they are newer than any draft.
function untouched(form) {
  return !form.querySelector(".error");
}

function restore(form, values) {
  let changed = false;
  for (const [name, value, checked] of values) {
    const control = controls(form).find((one) => one.name === name && (checked === undefined || one.value === value));
    if (!control) continue;
    if (checked !== undefined) {
      if (control.checked !== checked) changed = control.checked = checked;
    } else if (value && !control.value) {
      control.value = value;
      changed = true;
    }
  }
  if (changed) form.dispatchEvent(new Event("change", { bubbles: true }));
  return changed;
}

function note(form, key) {
  const line = document.createElement("p");
  line.className = "draft-note row";
  line.setAttribute("role", "status");
  line.append(say("restored"), " ");
  const clear = document.createElement("button");
  clear.type = "button";
  clear.className = "button small plain";
  clear.textContent = say("forget");
  clear.addEventListener("click", () => {
    localStorage.removeItem(key);
    form.reset();
    localStorage.removeItem(key);
    line.remove();
  });
  line.append(clear);
  form.prepend(line);
}
