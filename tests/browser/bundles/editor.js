const read = (url) => fetch(url).then((answer) => answer.text());
const [xml, catalogue] = await Promise.all([read('/process.bpmn'), read('/catalogue.json')]);
window.changes = 0;
window.editor = await window.baohan.openBpmn(document.getElementById('editor'), {
  xml,
  catalogue: JSON.parse(catalogue),
  findings: [{ element_id: 'Open', element_name: '开立', rule: 'unknown-operation', message: '没有“trial/note”这个操作', severity: 'error' }],
  onChange: () => { window.changes += 1; },
});
document.body.dataset.ready = '';
