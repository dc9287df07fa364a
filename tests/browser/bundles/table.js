const xml = await fetch('/fee.dmn').then((answer) => answer.text());
window.changes = 0;
window.editor = await window.baohan.openDmn(document.getElementById('editor'), {
  xml,
  findings: [{ element_id: 'fee_small_in', element_name: '保费', rule: 'gap', message: '此条件与下一条重叠', severity: 'warning' }],
  onChange: () => { window.changes += 1; },
});
document.body.dataset.ready = '';
