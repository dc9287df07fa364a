// Writing to the drawing: every change is one undoable step.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';
import policy from './policy.json';

/** Runs several changes as one step of undo. */
class SeveralHandler {
  preExecute({ changes }) {
    changes();
  }
}

export class PolicyModel {
  static $inject = ['modeling', 'bpmnFactory', 'commandStack', 'bpmnjs', 'eventBus', 'elementRegistry'];

  constructor(modeling, bpmnFactory, commandStack, bpmnjs, eventBus, elementRegistry) {
    Object.assign(this, { modeling, bpmnFactory, commandStack, bpmnjs, elementRegistry });
    commandStack.registerHandler('policy.several', SeveralHandler);
    eventBus.on('moddleCopy.canCopyProperty', ({ property, parent }) => this.maySettle(property, parent));
  }

  /** Our extension elements stay with the kinds of element they mean something on. */
  maySettle(property, parent) {
    const type = property?.$type?.startsWith('policy:') && policy.types.find(
      ({ name }) => `policy:${name}` === property.$type);
    const allowed = type?.meta?.allowedIn;
    const owner = parent?.$parent;
    if (!allowed || !owner?.$instanceOf) return undefined;
    return allowed.some((type) => is(owner, type)) ? undefined : false;
  }

  several(changes) {
    this.commandStack.execute('policy.several', { changes });
  }

  update(element, properties) {
    this.modeling.updateProperties(element, properties);
  }

  updateNested(element, nested, properties) {
    this.modeling.updateModdleProperties(element, nested, properties);
  }

  /** The extension element of `type` ("policy:Form") on `element`. */
  extension(element, type) {
    const values = getBusinessObject(element).get('extensionElements')?.get('values') || [];
    return values.find((value) => is(value, type));
  }

  /** Replace (or with null remove) the extension element of `type`; keeps what attributes do not name. */
  setExtension(element, type, attributes) {
    const owner = getBusinessObject(element);
    const holder = owner.get('extensionElements');
    const values = holder?.get('values') || [];
    const before = values.find((value) => is(value, type));
    const kept = before ? Object.fromEntries(
      before.$descriptor.properties.map(({ name }) => [name, before.get(name)])) : {};
    const made = attributes && this.bpmnFactory.create(type, { ...kept, ...attributes });
    for (const parameter of made?.parameters || []) parameter.$parent = made;
    const next = before
      ? values.flatMap((value) => (value === before ? made || [] : value))
      : [...values, ...(made ? [made] : [])];
    if (!next.length) {
      if (holder) this.updateNested(element, owner, { extensionElements: undefined });
      return;
    }
    const replaced = this.bpmnFactory.create('bpmn:ExtensionElements', { values: next });
    replaced.$parent = owner;
    for (const value of next) value.$parent = replaced;
    this.updateNested(element, owner, { extensionElements: replaced });
  }

  /** Set one parameter of the operation or message on `element`; an empty value removes it. */
  setParameter(element, type, name, value) {
    const others = (this.extension(element, type)?.parameters || []).filter((one) => one.name !== name);
    const parameters = value === '' ? others : [...others, this.parameter(name, value)];
    this.setExtension(element, type, { parameters });
  }

  parameter(name, value) {
    return this.bpmnFactory.create('policy:Parameter', { name, value });
  }

  formal(body) {
    return body ? this.bpmnFactory.create('bpmn:FormalExpression', { body }) : undefined;
  }

  roots(type) {
    return this.bpmnjs.getDefinitions().get('rootElements').filter((root) => is(root, type));
  }

  /** Point `holder` (an event definition or a receive task) at the root element of `type` with that name. */
  refer(element, holder, property, type, key, name) {
    this.several(() => {
      const definitions = this.bpmnjs.getDefinitions();
      const before = holder.get(property);
      let root = this.roots(type).find((one) => one.get(key) === name);
      if (name && !root) {
        root = this.bpmnFactory.create(type, { name, [key]: name });
        root.$parent = definitions;
        this.updateNested(element, definitions, { rootElements: [...definitions.get('rootElements'), root] });
      }
      this.updateNested(element, holder, { [property]: name ? root : undefined });
      if (before && before !== root && !this.isReferred(before)) {
        this.updateNested(element, definitions, {
          rootElements: definitions.get('rootElements').filter((one) => one !== before),
        });
      }
    });
  }

  isReferred(root) {
    return this.elementRegistry.getAll().some((element) => {
      const owner = getBusinessObject(element);
      const holders = [owner, ...(owner?.eventDefinitions || [])];
      return holders.some((holder) => holder && [holder.messageRef, holder.errorRef].includes(root));
    });
  }
}

export default { __init__: ['policyModel'], policyModel: ['type', PolicyModel] };
