// An editor for each kind of file, all with the same handle: box, text(), setFindings(), select(), undo(), redo(), destroy().
const loaded = new Map();

/** A bundle and its style sheet, fetched once and only if a file of its kind is opened. */
function bundle(base, name) {
  if (!loaded.has(name)) {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = `${base}${name}.css`;
    const script = document.createElement("script");
    script.src = `${base}${name}.js`;
    const ready = [sheet, script].map((one) => new Promise((done, failed) => {
      one.onload = done;
      one.onerror = () => failed(new Error("编辑器没有装好，请联系系统维护人员"));
    }));
    document.head.append(sheet, script);
    loaded.set(name, Promise.all(ready));
  }
  return loaded.get(name);
}

export async function openEditor(box, file, options) {
  if (file.name.endsWith(".bpmn")) {
    await bundle(options.bundles, "bpmn-editor");
    return drawn(box, await window.baohan.openBpmn(box, { xml: file.text, ...options }));
  }
  if (file.name.endsWith(".dmn")) {
    await bundle(options.bundles, "dmn-editor");
    return drawn(box, await window.baohan.openDmn(box, { xml: file.text, ...options }));
  }
  return file.name.endsWith(".json") ? formEditor(box, file, options) : plain(box, file);
}

function drawn(box, editor) {
  const { setFindings, select, undo, redo } = editor;
  const destroy = () => {
    editor.destroy();
    box.remove();
  };
  return { box, text: () => editor.saveXML(), setFindings, select, undo, redo, destroy };
}

const nothing = { setFindings() {}, select() {}, undo() {}, redo() {} };

function plain(box, file) {
  const text = document.createElement("pre");
  text.className = "text-file";
  text.tabIndex = 0;
  text.textContent = file.text;
  box.append(text);
  return { box, ...nothing, text: () => file.text, destroy: () => box.remove() };
}

function formEditor(box, file, { readOnly, preview, onChange }) {
  box.className = "form-file";
  const area = document.createElement("textarea");
  area.value = file.text;
  area.readOnly = readOnly;
  area.spellcheck = false;
  area.setAttribute("aria-label", file.title);
  const shown = document.createElement("div");
  shown.className = "preview";
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-label", "表单的样子");
  box.append(area, shown);
  let timer;
  const draw = async () => {
    if (!preview) return;
    const { html } = await preview(area.value).catch((wrong) => ({ html: "", wrong }));
    shown.innerHTML = html;
  };
  area.addEventListener("input", () => {
    onChange();
    clearTimeout(timer);
    timer = setTimeout(draw, 500);
  });
  draw();
  return {
    box,
    text: () => area.value,
    setFindings() {},
    select: () => area.focus(),
    undo: () => area.focus() || document.execCommand("undo"),
    redo: () => area.focus() || document.execCommand("redo"),
    destroy: () => box.remove(),
  };
}

/** What a new file begins with. */
export function starting(name) {
  const stem = name.replace(/^forms\//, "").replace(/\.\w+$/, "");
  if (name.endsWith(".json")) {
    const schema = { type: "default", schemaVersion: 19, components: [{ type: "textarea", key: "reason", label: "理由", validate: { required: true } }] };
    return { title: `表单 ${stem}`, text: `${JSON.stringify(schema, null, 2)}\n` };
  }
  const id = stem.replaceAll("-", "_");
  return {
    title: `决策表 ${stem}`,
    text: `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" id="${id}_file" name="${stem}" namespace="urn:baohan:policies">
  <decision id="${id}" name="${stem}">
    <decisionTable id="${id}_table" hitPolicy="FIRST">
      <input id="${id}_input" label="条件"><inputExpression id="${id}_input_expression" typeRef="string"><text></text></inputExpression></input>
      <output id="${id}_output" label="结果" name="result" typeRef="string" />
    </decisionTable>
  </decision>
  <dmndi:DMNDI><dmndi:DMNDiagram id="${id}_diagram"><dmndi:DMNShape id="${id}_shape" dmnElementRef="${id}"><dc:Bounds height="80" width="180" x="160" y="100" /></dmndi:DMNShape></dmndi:DMNDiagram></dmndi:DMNDI>
</definitions>
`,
  };
}
