// <form data-reveal> beside a masked value: asks the server for it (the showing is logged there) and puts it in place.
import { tell, within } from "./place.js";
import { say } from "./words.js";

export function start(root) {
  for (const form of within(root, "form[data-reveal]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const answer = await fetch(form.action, {
          method: "POST",
          body: new FormData(form),
          headers: { Accept: "application/json" },
          credentials: "same-origin",
        });
        const said = await answer.json();
        if (!answer.ok) return tell(said.message || say("failed"));
        form.parentElement.querySelector("[data-secret]").textContent = said.value;
        form.remove();
      } catch {
        tell(say("failed"));
      }
    });
  }
}
