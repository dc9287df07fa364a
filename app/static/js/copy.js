// [data-copy]: a button that copies its text. [data-whole]: a number grouped for reading is copied whole.
import { tell, within } from "./place.js";
import { say } from "./words.js";

export function start(root) {
  for (const button of within(root, "[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await put(button.dataset.copy);
      tell(say("copied"));
    });
  }
}

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

document.addEventListener("copy", (event) => {
  const node = document.getSelection().anchorNode;
  const whole = node && (node.nodeType === 1 ? node : node.parentElement)?.closest("[data-whole]");
  if (!whole || document.getSelection().toString().replace(/\s/g, "") !== whole.dataset.whole) return;
  event.clipboardData.setData("text/plain", whole.dataset.whole);
  event.preventDefault();
});
