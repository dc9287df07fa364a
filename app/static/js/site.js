// Everything a page's scripts do, started once, and again inside any fragment that is put in later.
// Every page works without them.
import * as amount from "./amount.js";
import * as conditional from "./conditional.js";
import * as confirm from "./confirm.js";
import * as copy from "./copy.js";
import * as countdown from "./countdown.js";
import * as draft from "./draft.js";
import * as files from "./files.js";
import * as live from "./live.js";
import * as menu from "./menu.js";
import * as print from "./print.js";
import * as reveal from "./reveal.js";
import * as sms from "./sms.js";
import * as submit from "./submit.js";
import { focusFirst } from "./place.js";

const parts = [amount, conditional, confirm, copy, countdown, draft, files, live, menu, print, reveal, sms, submit];

function start(root) {
  for (const part of parts) part.start(root);
  focusFirst(root);
}

document.addEventListener("fragment", (event) => start(event.detail));
start(document);
