// The decision editor: window.baohan.openDmn(el, {xml, findings, onChange, open}) → its handle.
import Modeler from 'dmn-js/lib/Modeler';
import { TableFindings } from './findings.js';
import toolsModule from './tools.js';
import translateModule from './translate.js';
import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn.css';
import './style.css';

const TITLES = { drd: '关系图', decisionTable: '决策表', literalExpression: '表达式' };

/** Tables, expressions and the relations between them; functions are not drawn here. */
class DecisionModeler extends Modeler {
  _getViewProviders() {
    return super._getViewProviders().filter((view) => view.id in TITLES);
  }
}

async function openDmn(el, { xml, findings = [], onChange = () => {}, open = null, readOnly = false }) {
  const tabs = document.createElement('div');
  tabs.className = 'dmn-tabs';
  tabs.setAttribute('role', 'tablist');
  tabs.setAttribute('aria-label', '决策');
  const box = document.createElement('div');
  box.className = 'dmn-box';
  box.id = 'dmn-box';
  box.setAttribute('role', 'tabpanel');
  el.classList.add('dmn-editor');
  el.replaceChildren(tabs, box);
  const view = { additionalModules: [translateModule] };
  const modeler = new DecisionModeler({
    container: box,
    height: '100%',
    drd: { additionalModules: [translateModule, toolsModule] },
    decisionTable: view,
    literalExpression: view,
    common: { debounceInput: false },
  });
  const marks = new TableFindings(box);
  modeler.on('views.changed', ({ views, activeView }) => drawTabs(tabs, views, activeView, modeler));
  modeler.on('viewer.created', ({ viewer }) => {
    const bus = viewer.get('eventBus');
    bus.on('commandStack.changed', onChange);
  });
  await modeler.importXML(xml, { open: false });
  await modeler.open(opening(modeler, open));
  marks.set(findings);
  if (readOnly) for (const child of box.children) child.inert = true;
  return {
    modeler,
    async saveXML() {
      box.contains(document.activeElement) && document.activeElement.blur();
      return (await modeler.saveXML({ format: true })).xml;
    },
    setFindings: (list) => marks.set(list),
    /** Open the decision that holds this element (decision, column, rule or cell) and bring it into view. */
    async select(id) {
      const holder = modeler.getViews().find(({ element }) => holds(element, id));
      if (!holder) return false;
      await modeler.open(holder);
      marks.mark();
      marks.find(id)[0]?.scrollIntoView({ block: 'center', inline: 'center' });
      return true;
    },
    undo: () => modeler.getActiveViewer().get('commandStack').undo(),
    redo: () => modeler.getActiveViewer().get('commandStack').redo(),
    destroy: () => modeler.destroy(),
  };
}

/** The decision asked for, else the only table, else the relations. */
function opening(modeler, id) {
  const views = modeler.getViews();
  const decisions = views.filter((view) => view.type !== 'drd');
  return views.find((view) => view.element.id === id)
    || (decisions.length === 1 ? decisions[0] : views[0]);
}

function holds(element, id) {
  if (!element || element.$type === 'dmn:Definitions') return false;
  const logic = element.decisionLogic;
  const columns = [...(logic?.input || []), ...(logic?.output || [])];
  const cells = (logic?.rule || []).flatMap((rule) => [rule, ...(rule.inputEntry || []), ...(rule.outputEntry || [])]);
  return [element, logic, ...columns, ...cells].some((one) => one?.id === id);
}

function drawTabs(tabs, views, active, modeler) {
  const chosen = document.activeElement?.parentElement === tabs;
  const list = views.map((view) => {
    const tab = document.createElement('button');
    const selected = view.element === active?.element && view.type === active?.type;
    const title = view.type === 'drd' ? TITLES.drd : view.element.name || view.element.id;
    tab.type = 'button';
    tab.textContent = title;
    tab.title = TITLES[view.type];
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-selected', String(selected));
    tab.setAttribute('aria-controls', 'dmn-box');
    tab.tabIndex = selected ? 0 : -1;
    tab.addEventListener('click', () => modeler.open(view));
    return tab;
  });
  list.forEach((tab, index) => tab.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step) {
      tabs.children[index].focus();
      list[(index + step + list.length) % list.length].click();
    }
  }));
  tabs.replaceChildren(...list);
  if (chosen) tabs.querySelector('[aria-selected="true"]')?.focus();
}

window.baohan = Object.assign(window.baohan || {}, { openDmn });
