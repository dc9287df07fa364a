// <input data-amount>: says an amount back grouped, and in 万元/亿元, under the field; a slip of a digit is seen at once.
import { within } from "./place.js";
import { say } from "./words.js";

const grouped = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 2 });

export function start(root) {
  for (const input of within(root, "input[data-amount]")) {
    const back = document.getElementById(input.dataset.amount);
    const show = () => (back.textContent = said(input.value));
    input.addEventListener("input", show);
    show();
  }
}

function said(text) {
  const plain = text.trim().replace(/[,，¥￥\s]/g, "");
  if (!/^\d{1,13}(\.\d{1,2})?$/.test(plain)) return "";
  const yuan = Number(plain);
  const large = yuan >= 1e8 ? say("yi", { n: short.format(yuan / 1e8) }) : yuan >= 1e4 ? say("wan", { n: short.format(yuan / 1e4) }) : "";
  return `¥${grouped.format(yuan)}${large ? `　${large}` : ""}`;
}
