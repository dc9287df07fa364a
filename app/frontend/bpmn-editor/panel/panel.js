// The properties panel: draws the sheet of what is selected and stays in step with the drawing.
import { html, render } from '@bpmn-io/diagram-js-ui';
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { bring } from '../drawing/view.js';
import { namesFor } from './names.js';
import { Drafts, Field } from './fields.js';
import { titleOf } from './following.js';
import { sheetFor } from './sheet.js';

export class PolicyPanel {
  static $inject = [
    'config.policyPanel', 'eventBus', 'selection', 'canvas', 'elementRegistry', 'injector', 'findings',
  ];

  constructor(config, eventBus, selection, canvas, elementRegistry, injector, findings) {
    Object.assign(this, { selection, canvas, elementRegistry, findings, parent: config.parent });
    this.drafts = new Drafts(config.onTyped);
    this.catalogue = config.catalogue;
    this.readOnly = config.readOnly;
    this.focused = null;
    this.injector = injector;
    this.parent.addEventListener('focusin', ({ target }) => {
      if ('expression' in target.dataset) this.focused = target;
    });
    this.parent.addEventListener('keydown', (event) => this.undo(event));
    eventBus.on('selection.changed', () => this.draw());
    eventBus.on(['commandStack.changed', 'import.done', 'findings.changed'], () => this.draw());
    eventBus.on('diagram.destroy', () => render(null, this.parent));
  }

  get desk() {
    const service = (name) => this.injector.get(name);
    return {
      catalogue: this.catalogue,
      readOnly: this.readOnly,
      model: service('policyModel'),
      modeling: service('modeling'),
      elementFactory: service('elementFactory'),
      elementRegistry: this.elementRegistry,
      shapeMaker: service('shapeMaker'),
      rules: service('rules'),
    };
  }

  shown() {
    const [element] = this.selection.get();
    return element?.labelTarget || element || this.whole();
  }

  /** The drawing's one process; with no pool around it, the canvas itself. */
  whole() {
    const root = this.canvas.getRootElement();
    const pools = (root?.children || []).filter((child) => is(child, 'bpmn:Participant'));
    return pools.length === 1 ? pools[0] : root;
  }

  /** Ctrl+Z inside a field undoes the last change of the drawing once nothing unsettled is typed. */
  undo(event) {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || !['z', 'y'].includes(key) || this.drafts.pending.size) return;
    event.preventDefault();
    const redo = key === 'y' || event.shiftKey;
    this.injector.get('commandStack')[redo ? 'redo' : 'undo']();
  }

  insert(name) {
    const field = this.focused?.isConnected ? this.focused : null;
    if (!field) return;
    const whole = field.tagName === 'TEXTAREA' || field.value.startsWith('=') ? name : `=${name}`;
    field.setRangeText(whole, field.selectionStart, field.selectionEnd, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.focus();
  }

  draw() {
    const element = this.shown();
    if (!element || element.id.startsWith('__')) return;
    if (this.element && this.element !== element) {
      this.element = element;
      this.drafts.flush();
    }
    this.element = element;
    if (this.due) return;
    this.due = true; // once for all that changes now; a field losing its focus while we draw may change more
    queueMicrotask(() => {
      this.due = false;
      render(html`<${Sheet} panel=${this} element=${this.element} />`, this.parent);
    });
  }
}

function Sheet({ panel, element }) {
  const { kind, title, groups } = sheetFor(element, panel.desk);
  const findings = panel.findings.of(element.id);
  return html`
    <${Chooser} panel=${panel} element=${element} />
    <h2 class="panel-title"><span>${kind}</span> ${title}</h2>
    ${findings.length > 0 && html`<ul class="panel-findings">
      ${findings.map((finding) => html`<li class=${finding.severity}>${finding.message}</li>`)}</ul>`}
    <fieldset disabled=${panel.readOnly}>
      ${groups.map((group) => html`<${Group} key=${`${element.id}:${group.title}`}
        group=${group} element=${element} panel=${panel} />`)}
    </fieldset>
    ${!panel.readOnly && groups.some((group) => group.fields.some((field) => field.expression))
      && html`<${Names} panel=${panel} element=${element} />`}`;
}

/** Every element by name: the way to reach a shape without a mouse. */
function Chooser({ panel, element }) {
  const whole = panel.whole();
  const elements = panel.elementRegistry
    .filter((one) => !one.labelTarget && !is(one, 'bpmn:Association')
      && one !== panel.canvas.getRootElement() && one !== whole)
    .map((one) => ({ id: one.id, title: titleOf(one) }))
    .sort((a, b) => a.title.localeCompare(b.title, 'zh'));
  const choose = (event) => {
    const chosen = panel.elementRegistry.get(event.target.value);
    panel.selection.select(chosen || []);
    if (chosen) bring(panel.canvas, chosen);
  };
  return html`<div class="panel-field chooser">
    <label for="panel-element">图形</label>
    <select id="panel-element" value=${element === whole ? '' : element.id} onChange=${choose}>
      <option value="" selected=${element === whole}>整个流程</option>
      ${elements.map((one) => html`<option value=${one.id} selected=${one.id === element.id}>${one.title}</option>`)}
    </select>
  </div>`;
}

function Group({ group, element, panel }) {
  const fields = group.fields.map((field) => html`
    <${Field} key=${`${element.id}:${field.id}`} field=${field} element=${element} drafts=${panel.drafts} />`);
  if (!group.folded) return html`<section class="panel-group"><h3>${group.title}</h3>${fields}</section>`;
  return html`<details class="panel-group"><summary><h3>${group.title}</h3></summary>${fields}</details>`;
}

function Names({ panel, element }) {
  const names = namesFor(element, panel.desk);
  return names.length > 0 && html`<details class="panel-group names">
    <summary><h3>表达式里可用的数据</h3></summary>
    <ul class="items">${names.map(({ name, label }) => html`<li>
      <button type="button" class="plain" onClick=${() => panel.insert(name)}><code>${name}</code></button>
      <span>${label}</span></li>`)}</ul>
  </details>`;
}

export default { __init__: ['policyPanel'], policyPanel: ['type', PolicyPanel] };
