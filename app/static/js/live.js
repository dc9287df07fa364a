// <div data-live="url" data-every="2">: asks for the fragment again and again, conditionally (ETag), and replaces what is
// inside when it has changed. Rests while the page is hidden, slows down when the server does not answer, ends on
// 204/401/403/404/410. What stands in the fragment's [data-announce] is read aloud politely when it changes.
// It never takes away what somebody is typing, and puts the focus back on the same control.
import { arrived, tell, within } from "./place.js";

const FINAL = [204, 401, 403, 404, 410];

export function start(root) {
  for (const element of within(root, "[data-live]")) {
    if (!element.dataset.watched) watch(element);
  }
}

function watch(element) {
  element.dataset.watched = "yes";
  const every = Math.max(1, Number(element.dataset.every) || 2) * 1000;
  let etag = element.dataset.etag || "";
  let failures = 0;
  let timer;
  let asking = false;

  async function ask() {
    clearTimeout(timer);
    if (!element.isConnected || document.hidden || asking) return;
    asking = true;
    try {
      const headers = { Accept: "text/html", "X-Fragment": "1" };
      if (etag) headers["If-None-Match"] = etag;
      const answer = await fetch(element.dataset.live, { headers, credentials: "same-origin", cache: "no-store" });
      if (FINAL.includes(answer.status)) return;
      failures = answer.ok || answer.status === 304 ? 0 : failures + 1;
      if (answer.status === 200 && !answer.redirected) {
        const html = await answer.text();
        if (put(element, html)) etag = answer.headers.get("ETag") || "";
      }
    } catch {
      failures += 1;
    } finally {
      asking = false;
    }
    timer = setTimeout(ask, every * 2 ** Math.min(failures, 4));
  }

  document.addEventListener("visibilitychange", ask);
  element.addEventListener("deadline", () => setTimeout(ask, 500));
  timer = setTimeout(ask, every);
}

function put(element, html) {
  const active = document.activeElement;
  const inside = active && element.contains(active);
  if (inside && active.matches("input, textarea, select")) return false;
  const id = inside ? active.id || active.getAttribute("href") : "";
  const before = spoken(element);
  element.innerHTML = html;
  arrived(element);
  if (id) {
    const again = document.getElementById(id) || element.querySelector(`[href="${CSS.escape(id)}"]`);
    if (again) again.focus({ preventScroll: true });
  }
  const after = spoken(element);
  if (after && after !== before) tell(after);
  return true;
}

function spoken(element) {
  const words = element.querySelector("[data-announce]");
  return words ? words.dataset.announce || words.textContent.trim() : "";
}
