// <form data-form>: sent by script, so that uploads show how far they are and can be cancelled, a second click does
// nothing, and an answer with errors keeps the files that were chosen. Without scripts it is an ordinary form.
import { forget } from "./draft.js";
import { arrived, pieceOf, tell, within } from "./place.js";
import { say } from "./words.js";

export function start(root) {
  for (const form of within(root, "form")) {
    if (form.matches("[data-form]")) form.addEventListener("submit", (event) => send(event, form));
    else if (form.method === "post") form.addEventListener("submit", (event) => event.defaultPrevented || once(form));
  }
}

function once(form) {
  const set = (disabled) => form.querySelectorAll("button[type=submit]").forEach((one) => (one.disabled = disabled));
  setTimeout(() => set(true));
  window.addEventListener("pageshow", () => set(false), { once: true });
}

function send(event, form) {
  const button = event.submitter;
  if (button && (button.formAction !== form.action && button.hasAttribute("formaction"))) return;
  event.preventDefault();
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  if (button) button.setAttribute("aria-busy", "true");
  const data = new FormData(form, button);
  const bar = [...form.querySelectorAll("input[type=file]")].some((one) => one.files.length) ? progress(form) : null;
  const request = new XMLHttpRequest();
  request.open("POST", form.action || location.href);
  request.setRequestHeader("X-Form", "1");
  request.setRequestHeader("Accept", "text/html");
  if (bar) {
    request.upload.onprogress = (now) => bar.show(now.loaded / now.total);
    bar.cancel.onclick = () => request.abort();
  }
  const settle = (words) => {
    delete form.dataset.sending;
    if (button) button.removeAttribute("aria-busy");
    bar?.remove();
    if (words) tell(words);
  };
  request.onerror = () => settle(say("offline"));
  request.onabort = () => settle(say("cancelled"));
  request.onload = () => answered(request, form, settle);
  request.send(data);
}

function answered(request, form, settle) {
  const next = request.getResponseHeader("X-Location");
  if (next) {
    forget(form);
    location.assign(next);
    return;
  }
  settle();
  const main = pieceOf(request.responseText, "#main");
  if (!main) return tell(say("failed"));
  if (request.status < 400) forget(form);
  keepFiles(form, main);
  const present = document.getElementById("main");
  present.replaceChildren(...main.childNodes);
  if (request.responseURL && request.status < 400 && request.responseURL !== location.href) {
    history.pushState({}, "", request.responseURL);
  }
  window.scrollTo(0, 0);
  arrived(present);
  if (!present.querySelector("[data-focus]")) present.focus();
}

/** Files that were chosen stay chosen: the inputs themselves move into the new form. */
function keepFiles(form, main) {
  for (const input of form.querySelectorAll("input[type=file]")) {
    if (!input.files.length) continue;
    const place = main.querySelector(`input[type=file][name="${CSS.escape(input.name)}"]`);
    if (!place) continue;
    for (const { name, value } of place.attributes) input.setAttribute(name, value);
    place.replaceWith(input);
  }
}

function progress(form) {
  const row = document.createElement("div");
  row.className = "row";
  const bar = document.createElement("progress");
  bar.max = 1;
  const words = document.createElement("span");
  words.className = "hint";
  words.setAttribute("role", "status");
  bar.setAttribute("aria-label", say("uploading", { percent: "" }).replace("%", ""));
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "button small plain";
  cancel.textContent = say("cancel");
  row.append(bar, words, cancel);
  (form.querySelector(".form-foot") || form).after(row);
  let told = -1;
  return {
    cancel,
    show(part) {
      bar.value = part;
      const percent = Math.floor(part * 100);
      if (percent === 100) words.textContent = say("checking");
      else if (percent >= told + 5) words.textContent = say("uploading", { percent: (told = percent) });
    },
    remove: () => row.remove(),
  };
}
