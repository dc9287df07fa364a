// Findings in the open table: a mark on the cell or rule, the words on hover. Redrawn with the table.
export class TableFindings {
  constructor(box) {
    this.box = box;
    this.list = [];
    this.observer = new MutationObserver(() => this.mark());
  }

  set(list) {
    this.list = list;
    this.mark();
  }

  mark() {
    this.observer.disconnect();
    for (const cell of this.box.querySelectorAll('.finding-cell')) {
      cell.classList.remove('finding-cell', 'warning');
      cell.removeAttribute('title');
    }
    for (const { element_id: id, message, severity } of this.list) {
      for (const cell of this.find(id)) {
        cell.classList.add('finding-cell');
        cell.classList.toggle('warning', severity === 'warning');
        cell.title = message;
      }
    }
    this.observer.observe(this.box, { childList: true, subtree: true });
  }

  find(id) {
    const name = id ? CSS.escape(id) : '';
    return name ? this.box.querySelectorAll(
      `td[data-element-id="${name}"], th[data-element-id="${name}"], td.rule-index[data-row-id="${name}"], [data-col-id="${name}"]:is(th)`) : [];
  }
}
