// <button data-sms="url" data-phone="field key" data-purpose="…">: asks for a code and counts down in place. The server
// answers {"retry_after": seconds}, or {"message": …, "retry_after"?} with an error status.
import { tell, within } from "./place.js";
import { say } from "./words.js";

export function start(root) {
  for (const button of within(root, "button[data-sms]")) {
    button.type = "button";
    const key = `sms:${button.dataset.sms}:${button.dataset.purpose}`;
    const until = Number(sessionStorage.getItem(key)) || 0;
    if (until > Date.now()) wait(button, until);
    button.addEventListener("click", () => ask(button, key));
  }
}

async function ask(button, key) {
  const form = button.form;
  const phone = form.elements[button.dataset.phone];
  if (phone && !phone.value.trim()) {
    tell(say("phoneFirst"));
    phone.focus();
    return;
  }
  button.disabled = true;
  const body = new FormData();
  body.set("csrf_token", form.elements.csrf_token?.value || "");
  body.set("phone", phone ? phone.value.trim() : "");
  body.set("purpose", button.dataset.purpose || "");
  try {
    const answer = await fetch(button.dataset.sms, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    const said = await answer.json();
    tell(answer.ok ? say("sent") : said.message || say("failed"));
    const seconds = Number(said.retry_after) || (answer.ok ? 60 : 0);
    if (!seconds) button.disabled = false;
    else {
      const until = Date.now() + seconds * 1000;
      sessionStorage.setItem(key, String(until));
      wait(button, until);
    }
    if (answer.ok) form.elements[button.dataset.code]?.focus();
  } catch {
    tell(say("failed"));
    button.disabled = false;
  }
}

function wait(button, until) {
  const word = button.dataset.word || (button.dataset.word = button.textContent);
  button.disabled = true;
  (function tick() {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) {
      button.textContent = word;
      button.disabled = false;
      return;
    }
    button.textContent = say("again", { s: left });
    setTimeout(tick, 250);
  })();
}
