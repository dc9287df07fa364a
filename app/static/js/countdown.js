// <span data-deadline="ISO" data-now="ISO" data-over="已截止">: the time left, by the server's clock, second by second
// when less than an hour is left, else by the minute. Fires "deadline" (bubbling) when it is over.
import { within } from "./place.js";
import { say } from "./words.js";

const SOON = 3600;

export function start(root) {
  for (const element of within(root, "[data-deadline]")) {
    if (!element.dataset.counting) count(element);
  }
}

function count(element) {
  element.dataset.counting = "yes";
  const end = Date.parse(element.dataset.deadline);
  const skew = element.dataset.now ? Date.parse(element.dataset.now) - Date.now() : 0;
  const text = element.querySelector("span:last-child") || element;
  let running = false;

  function tick() {
    if (!element.isConnected) return;
    const left = Math.ceil((end - Date.now() - skew) / 1000);
    if (left <= 0) {
      text.textContent = element.dataset.over || "";
      element.classList.remove("soon", "calm");
      element.classList.add("over");
      if (running) element.dispatchEvent(new CustomEvent("deadline", { bubbles: true }));
      return;
    }
    running = true;
    element.classList.toggle("soon", left < SOON);
    text.textContent = say("left", { time: span(left) });
    setTimeout(tick, left < SOON * 24 ? 1000 : 30000);
  }
  tick();
}

function span(seconds) {
  const d = Math.floor(seconds / 86400);
  const h = Math.floor((seconds % 86400) / 3600);
  const m = Math.floor((seconds % 3600) / 60);
  if (d) return say("days", { d, h });
  if (h) return say("hours", { h, m });
  return say("minutes", { m, s: String(seconds % 60).padStart(2, "0") });
}
