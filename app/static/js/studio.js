// The editing page of a policy: one editor per file, the check's findings, the draft kept on the server.
import { LocalCopy } from "./studio-copy.js";
import { openEditor, starting } from "./studio-editors.js";

const CHECK_AFTER = 700;
const page = document.querySelector("[data-studio]");
const part = (name) => page.querySelector(`[data-${name}]`);
const state = { files: new Map(), editors: new Map(), drawn: new Set(), current: "", revision: 0, stand: "", dirty: false, findings: [], catalogue: {}, readOnly: true };
const copy = new LocalCopy(page.dataset.studio);

async function ask(url, body) {
  const answer = await fetch(url, {
    method: body ? "POST" : "GET",
    credentials: "same-origin",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": page.dataset.csrf },
    body: body && JSON.stringify(body),
  }).catch(() => null);
  if (!answer) throw new Error("网络不通；修改还在这个页面上，请稍后再试");
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error([said.message || "没有成功，请稍后再试", ...Object.values(said.fields || {})].join("；"));
  return said;
}

function tell(words, wrong = false) {
  const place = part("told");
  place.textContent = words;
  place.classList.toggle("error", wrong);
}

async function begin() {
  const found = await ask(page.dataset.document);
  Object.assign(state, { revision: found.revision, stand: found.stand, findings: found.findings, catalogue: found.catalogue, readOnly: found.read_only });
  for (const file of found.files) state.files.set(file.name, file);
  const kept = state.readOnly ? null : copy.read(state.stand);
  if (kept) restore(kept);
  await show("process.bpmn");
  drawFindings();
  tell(kept ? "已恢复这台设备上未保存的修改" : "");
  for (const name of ["undo", "redo", "ask"]) if (part(name)) part(name).disabled = false;
  page.dataset.ready = "";
}

function restore(kept) {
  for (const [name, text] of Object.entries(kept)) add(name, text);
  for (const [name, file] of state.files) if (file.writable && !(name in kept)) state.files.delete(name);
  touched("");
}

function add(name, text) {
  const known = state.files.get(name);
  state.files.set(name, { name, title: known?.title || starting(name).title, text, writable: true });
}

/** Show a file in its editor; the others keep theirs, with what can be undone in it. */
async function show(name) {
  if (!state.editors.has(name)) {
    const box = document.createElement("div");
    part("editors").append(box);
    const file = state.files.get(name);
    state.editors.set(name, await openEditor(box, file, {
      bundles: page.dataset.bundles,
      catalogue: state.catalogue,
      findings: state.findings.filter((finding) => finding.file === name),
      readOnly: state.readOnly || !file.writable,
      preview: page.dataset.preview && ((schema) => ask(page.dataset.preview, { schema })),
      onChange: () => touched(name),
    }));
  }
  state.current = name;
  for (const [other, editor] of state.editors) editor.box.hidden = other !== name;
  drawTabs();
}

function drawTabs() {
  const focused = part("tabs").contains(document.activeElement);
  part("tabs").replaceChildren(...[...state.files.values()].map((file) => {
    const item = document.createElement("li");
    const tab = document.createElement("button");
    tab.type = "button";
    tab.textContent = file.title;
    tab.title = file.name;
    if (file.name === state.current) tab.setAttribute("aria-current", "true");
    tab.classList.toggle("wrong", state.findings.some((finding) => finding.file === file.name && finding.severity === "error"));
    tab.addEventListener("click", () => show(file.name));
    item.append(tab);
    if (file.name === state.current && file.writable && !state.readOnly && file.name !== "process.bpmn") item.append(dropper(file));
    return item;
  }));
  if (focused) part("tabs").querySelector("[aria-current]")?.focus();
}

function dropper(file) {
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "drop";
  drop.textContent = "删除";
  drop.setAttribute("aria-label", `删除${file.title}`);
  drop.addEventListener("click", async () => {
    if (!window.confirm(`从草稿中删除“${file.title}”？`)) return;
    state.editors.get(file.name)?.destroy();
    state.editors.delete(file.name);
    state.files.delete(file.name);
    touched(file.name);
    state.drawn.delete(file.name);
    await show("process.bpmn");
  });
  return drop;
}

/** All writable files as they stand in the editors, half-typed fields included. */
async function collect() {
  for (const [name, editor] of state.editors) {
    const file = state.files.get(name);
    if (state.drawn.has(name)) file.text = await editor.text(); // merely opened, a file keeps its own wording
  }
  return Object.fromEntries([...state.files.values()].filter((file) => file.writable).map((file) => [file.name, file.text]));
}

let checking;
function touched(name) {
  if (state.readOnly) return;
  state.drawn.add(name);
  state.dirty = true;
  part("keep").disabled = false;
  tell("有未保存的修改");
  clearTimeout(checking);
  checking = setTimeout(() => check().catch((wrong) => tell(wrong.message, true)), CHECK_AFTER);
}

async function check() {
  const files = await collect();
  if (state.dirty) copy.write(state.stand, files);
  const { findings, catalogue } = await ask(page.dataset.check, { files });
  state.findings = findings;
  Object.assign(state.catalogue, catalogue);
  for (const [name, editor] of state.editors) {
    editor.setFindings(findings.filter((finding) => finding.file === name));
  }
  drawFindings();
  drawTabs();
}

async function save() {
  if (!state.dirty) return true;
  try {
    const files = await collect();
    state.dirty = false;
    const { revision, stand } = await ask(page.dataset.save, { revision: state.revision, files });
    Object.assign(state, { revision, stand });
    standing().catch(() => {});
    if (!state.dirty) copy.forget();
    part("keep").disabled = state.dirty === false;
    tell(`已保存 ${new Date().toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai" })}`);
    return true;
  } catch (wrong) {
    state.dirty = true;
    part("keep").disabled = false;
    tell(wrong.message, true);
    return false;
  }
}

/** The bar says again what the server knows: a draft, of when, by whom. */
async function standing() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".studio-standing");
  if (fresh) page.querySelector(".studio-standing").replaceWith(fresh);
}

function drawFindings() {
  const errors = state.findings.filter((finding) => finding.severity === "error").length;
  const advice = state.findings.length - errors;
  part("findings-title").textContent = state.findings.length
    ? `检查：${errors} 处错误会挡住发布，${advice} 处提醒` : "检查：没有发现问题";
  part("findings").replaceChildren(...state.findings.map((finding) => {
    const line = document.createElement("li");
    line.className = finding.severity;
    const lead = document.createElement("button");
    lead.type = "button";
    const name = document.createElement("strong");
    name.textContent = finding.element_name;
    lead.append(name, ` ${finding.message}`);
    lead.addEventListener("click", async () => {
      if (!state.files.has(finding.file)) return;
      await show(finding.file);
      await state.editors.get(finding.file).select(finding.element_id);
    });
    line.append(lead);
    return line;
  }));
}

function listen() {
  const editor = () => state.editors.get(state.current);
  part("undo")?.addEventListener("click", () => editor().undo());
  part("redo")?.addEventListener("click", () => editor().redo());
  part("keep")?.addEventListener("click", save);
  part("ask")?.addEventListener("click", async () => {
    if (!state.dirty && !state.revision) tell("还没有修改，没有什么可提交");
    else if (await save()) location.assign(page.dataset.submit);
  });
  part("new")?.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const [kind, field] = event.target.querySelectorAll("select, input");
    const name = kind.value === "json" ? `forms/${field.value}.json` : `${field.value}.dmn`;
    if (state.files.has(name)) return tell(`已经有“${name}”`, true);
    add(name, starting(name).text);
    field.value = "";
    part("new").open = false;
    touched(name);
    await show(name);
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      if (!state.readOnly) save();
    }
  });
  window.addEventListener("beforeunload", (event) => state.dirty && event.preventDefault());
}

listen();
begin().catch((wrong) => tell(wrong.message, true));
