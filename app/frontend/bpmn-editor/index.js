// The drawing editor: window.baohan.openBpmn(el, {xml, catalogue, findings, onChange}) → its handle.
import Modeler from 'bpmn-js/lib/Modeler';
import minimapModule from 'diagram-js-minimap';
import findingsModule from './findings.js';
import modelModule from './model.js';
import panelModule from './panel/panel.js';
import policy from './policy.json';
import readOnlyModule from './drawing/read-only.js';
import { bring, fit } from './drawing/view.js';
import toolsModule from './drawing/tools.js';
import translateModule from './translate.js';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import 'diagram-js-minimap/assets/diagram-js-minimap.css';
import './style.css';

const EMPTY = { operations: [], forms: [], decisions: [], roles: [], messages: [], facts: [], policies: [], processes: [] };

/**
 * @param el box that becomes the editor (drawing left, panel right)
 * @param options xml; catalogue {operations: [{name, title, outside, parameters, results, effects}],
 *   forms: [{name, title, fields: [{key, label}]}], decisions: [{id, name, file, inputs}], roles: [{code, label}],
 *   messages: [{name, label}], facts: [{name, label}], policies: [{name, title}]};
 *   processes [{name, title}] (for calls); findings [{element_id, message, severity}];
 *   onChange() after each change, also while something is typed; readOnly
 */
async function openBpmn(el, { xml, catalogue = {}, findings = [], onChange = () => {}, readOnly = false }) {
  el.classList.toggle('is-read-only', readOnly);
  const canvasBox = box('editor-canvas', '流程图');
  const panelBox = box('editor-panel', '图形的设置');
  el.classList.add('bpmn-editor');
  el.replaceChildren(canvasBox, panelBox);
  const modeler = new Modeler({
    container: canvasBox,
    moddleExtensions: { policy },
    additionalModules: [
      minimapModule, translateModule, modelModule, toolsModule, findingsModule, panelModule,
      ...(readOnly ? [readOnlyModule] : []),
    ],
    policyPanel: { parent: panelBox, catalogue: Object.assign(catalogue, { ...EMPTY, ...catalogue }), onTyped: onChange, readOnly },
  });
  const service = (name) => modeler.get(name);
  await modeler.importXML(xml);
  fit(service('canvas'));
  service('findings').set(findings);
  service('eventBus').on('commandStack.changed', onChange);
  return {
    modeler,
    async saveXML() {
      service('policyPanel').drafts.flush();
      return (await modeler.saveXML({ format: true })).xml;
    },
    setFindings: (list) => service('findings').set(list),
    select(id) {
      const element = service('elementRegistry').get(id);
      if (!element) return false;
      service('selection').select(element);
      bring(service('canvas'), element);
      return true;
    },
    undo: () => service('commandStack').undo(),
    redo: () => service('commandStack').redo(),
    destroy: () => modeler.destroy(),
  };
}

function box(name, label) {
  const made = document.createElement('div');
  made.className = name;
  made.setAttribute('role', 'region');
  made.setAttribute('aria-label', label);
  return made;
}

window.baohan = Object.assign(window.baohan || {}, { openBpmn });
