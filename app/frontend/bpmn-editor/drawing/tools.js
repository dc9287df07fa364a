// Palette, context pad and replace menu, reduced to what a policy may use.
import ContextPadProvider from 'bpmn-js/lib/features/context-pad/ContextPadProvider';
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { KINDS, NEXT, REPLACEMENTS, WAITS } from './kinds.js';

const TOOLS = [
  ['hand', 'handTool', '移动画布 (H)', 'bpmn-icon-hand-tool', (tool, event) => tool.activateHand(event)],
  ['lasso', 'lassoTool', '框选 (L)', 'bpmn-icon-lasso-tool', (tool, event) => tool.activateSelection(event)],
  ['space', 'spaceTool', '腾出或收回空间 (S)', 'bpmn-icon-space-tool', (tool, event) => tool.activateSelection(event)],
  ['connect', 'globalConnect', '连线 (C)', 'bpmn-icon-connection-multi', (tool, event) => tool.start(event)],
];
const PALETTE = [
  ['event', ['start', 'timer', 'message', 'end']],
  ['activity', ['user-task', 'service-task', 'rule-task']],
  ['gateway', ['exclusive', 'parallel', 'event-based']],
  ['frame', ['sub-process', 'participant', 'annotation', 'group']],
];

/** Makes the shapes of KINDS and appends them to others. */
export class ShapeMaker {
  static $inject = ['elementFactory', 'create', 'autoPlace'];

  constructor(elementFactory, create, autoPlace) {
    Object.assign(this, { elementFactory, create, autoPlace });
  }

  make({ shape }) {
    if (shape.type === 'bpmn:Participant') return this.elementFactory.createParticipantShape();
    const made = this.elementFactory.createShape({ ...shape });
    if (shape.type !== 'bpmn:SubProcess') return made;
    return [made, this.elementFactory.createShape({ type: 'bpmn:StartEvent', x: 40, y: 82, parent: made })];
  }

  drag(event, kind, source) {
    const made = this.make(kind);
    const hints = Array.isArray(made) ? { autoSelect: [made[0]] } : undefined;
    this.create.start(event, made, { source, hints });
  }

  append(source, kind) {
    return this.autoPlace.append(source, this.elementFactory.createShape({ ...kind.shape }));
  }
}

class PolicyPalette {
  static $inject = ['palette', 'injector', 'shapeMaker'];

  constructor(palette, injector, shapeMaker) {
    Object.assign(this, { injector, shapeMaker });
    palette.registerProvider(this);
  }

  getPaletteEntries() {
    const entries = {};
    for (const [key, service, title, className, start] of TOOLS) {
      const click = (event) => start(this.injector.get(service), event);
      entries[key] = { group: 'tools', className, title, action: { click } };
    }
    entries.separator = { group: 'tools', separator: true };
    for (const [group, names] of PALETTE) {
      for (const kind of names.map((name) => KINDS[name])) {
        const begin = (event) => this.shapeMaker.drag(event, kind);
        entries[`create.${kind.key}`] = {
          group, className: kind.icon, title: kind.title, action: { click: begin, dragstart: begin },
        };
      }
    }
    return entries;
  }
}

class PolicyContextPad extends ContextPadProvider {
  static $inject = [...ContextPadProvider.$inject, 'shapeMaker'];

  constructor(...services) {
    super(...services);
    this.shapeMaker = services.at(-1);
  }

  getContextPadEntries(element) {
    const usual = super.getContextPadEntries(element);
    const entries = {};
    const appendable = Object.keys(usual).some((name) => (
      name === 'append.append-task' || name === 'append.message-intermediate-event'));
    if (appendable) {
      for (const name of is(element, 'bpmn:EventBasedGateway') ? WAITS : NEXT) {
        entries[`append.${name}`] = this.entry(KINDS[name]);
      }
    }
    for (const [name, entry] of Object.entries(usual)) {
      if (!name.startsWith('append.') || name === 'append.text-annotation') entries[name] = entry;
    }
    return entries;
  }

  entry(kind) {
    return {
      group: 'model',
      className: kind.icon,
      title: `接着添加：${kind.title}`,
      action: {
        click: (_, element) => this.shapeMaker.append(element, kind),
        dragstart: (event, element) => this.shapeMaker.drag(event, kind, element),
      },
    };
  }
}

class PolicyReplacements {
  static $inject = ['popupMenu'];

  constructor(popupMenu) {
    popupMenu.registerProvider('bpmn-replace', 500, this);
  }

  getPopupMenuEntries() {
    return (entries) => Object.fromEntries(
      Object.entries(entries).filter(([name]) => REPLACEMENTS.has(name)));
  }

  getPopupMenuHeaderEntries() {
    return (entries) => Object.fromEntries(
      Object.entries(entries).filter(([name]) => name === 'toggle-non-interrupting'));
  }
}

export default {
  __init__: ['policyReplacements'],
  shapeMaker: ['type', ShapeMaker],
  paletteProvider: ['type', PolicyPalette],
  contextPadProvider: ['type', PolicyContextPad],
  policyReplacements: ['type', PolicyReplacements],
};
