// Drawing without a mouse: append, attach, connect and delete from the panel.
import { getBusinessObject, is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { FOLLOWERS, KINDS, WAITS, kindOf } from '../drawing/kinds.js';

const BOUNDARIES = {
  'boundary-timer': ['到时间', 'bpmn:TimerEventDefinition'],
  'boundary-message': ['收到消息', 'bpmn:MessageEventDefinition'],
  'boundary-error': ['出错', 'bpmn:ErrorEventDefinition'],
};
const WAITING = ['bpmn:UserTask', 'bpmn:ServiceTask', 'bpmn:ReceiveTask', 'bpmn:SubProcess', 'bpmn:CallActivity'];
const FAILING = ['bpmn:ServiceTask', 'bpmn:SubProcess', 'bpmn:CallActivity'];

export function followGroup(element, owner, desk) {
  const fields = [];
  if (is(owner, 'bpmn:FlowNode') && !is(owner, 'bpmn:EndEvent')) {
    fields.push(appendField(element, owner, desk), connectField(element, desk));
  }
  if (isAny(owner, WAITING)) fields.push(attachField(element, owner, desk));
  if (!isAny(owner, ['bpmn:Process', 'bpmn:Collaboration'])) {
    fields.push({
      id: 'remove', type: 'action', label: '删除这个图形', tone: 'loss',
      run: () => desk.modeling.removeElements([element]),
    });
  }
  return { title: '绘图', folded: true, fields };
}

function appendField(element, owner, { shapeMaker }) {
  const names = is(owner, 'bpmn:EventBasedGateway') ? WAITS : FOLLOWERS;
  return {
    id: 'append', type: 'action', label: '接着添加',
    options: names.map((name) => ({ value: name, label: KINDS[name].title })),
    run: (name) => shapeMaker.append(element, KINDS[name]),
  };
}

function connectField(element, { elementRegistry, modeling, rules }) {
  const others = elementRegistry.filter((other) => (
    other !== element && !other.labelTarget && is(other, 'bpmn:FlowNode') && other.parent === element.parent
      && rules.allowed('connection.create', { source: element, target: other })));
  return others.length > 0 && {
    id: 'connect', type: 'action', label: '连线到',
    options: others.map((other) => ({ value: other.id, label: titleOf(other) })),
    run: (id) => modeling.connect(element, elementRegistry.get(id)),
  };
}

function attachField(element, owner, { modeling, elementFactory }) {
  return {
    id: 'attach', type: 'action', label: '附加边界事件',
    options: Object.entries(BOUNDARIES)
      .filter(([value]) => value !== 'boundary-error' || isAny(owner, FAILING))
      .map(([value, [label]]) => ({ value, label })),
    run: (name) => {
      const eventDefinitionType = BOUNDARIES[name][1];
      const event = elementFactory.createShape({ type: 'bpmn:BoundaryEvent', eventDefinitionType });
      const taken = element.attachers.length;
      const place = { x: element.x + element.width - 20 - taken * 44, y: element.y + element.height };
      return modeling.createShape(event, place, element, { attach: true });
    },
  };
}

export function titleOf(element) {
  const owner = getBusinessObject(element);
  if (!owner.name && is(owner, 'bpmn:SequenceFlow')) {
    const [from, to] = [owner.sourceRef, owner.targetRef].map((end) => end?.name || end?.id);
    return `${kindOf(owner)} ${from} → ${to}`;
  }
  return `${kindOf(owner)} ${owner.name || owner.id}`;
}
