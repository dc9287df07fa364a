// Flows out of a gateway: their condition, and which one is taken when none is true.
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';

const CHOOSING = ['bpmn:ExclusiveGateway', 'bpmn:InclusiveGateway'];

export function flowGroups(element, owner, desk) {
  if (is(owner, 'bpmn:SequenceFlow')) return [conditionGroup(element, owner, desk)];
  if (isAny(owner, CHOOSING)) return [gatewayGroup(element, owner, desk)];
  return [];
}

function conditionGroup(element, owner, { model }) {
  const source = owner.sourceRef;
  const body = owner.conditionExpression?.body || '';
  if (!isAny(source, CHOOSING) && !body) return null;
  const isDefault = source.default === owner;
  return {
    title: '什么情况下走这条路',
    fields: [
      {
        id: 'default', type: 'check', label: '其他条件都不成立时走这条路', value: isDefault,
        set: (checked) => model.several(() => {
          model.update(element.source, { default: checked ? owner : undefined });
          if (checked) model.update(element, { conditionExpression: undefined });
        }),
      },
      !isDefault && {
        id: 'condition', type: 'area', label: '条件', code: true, expression: true, value: body,
        placeholder: 'check.decision = "pass"',
        set: (next) => model.update(element, { conditionExpression: model.formal(next) }),
        hint: '条件得不出真假（缺少数据）时流程停下，记为异常，不会走默认的路。',
      },
    ],
  };
}

function gatewayGroup(element, owner, { model }) {
  if ((owner.outgoing || []).length < 2) return null;
  return {
    title: '各条路',
    fields: [
      {
        id: 'default', type: 'choice', label: '条件都不成立时走', value: owner.default?.id || '',
        none: '没有：记为异常',
        options: owner.outgoing.map((flow) => ({ value: flow.id, label: flowTitle(flow) })),
        set: (id) => model.several(() => {
          const flow = owner.outgoing.find((one) => one.id === id);
          model.update(element, { default: flow });
          const drawn = flow && element.outgoing.find((one) => one.id === id);
          if (drawn && flow.conditionExpression) model.update(drawn, { conditionExpression: undefined });
        }),
      },
      {
        id: 'conditions', type: 'list', label: '条件',
        items: owner.outgoing.map((flow) => ({
          text: flowTitle(flow),
          code: flow === owner.default ? '其他情况' : flow.conditionExpression?.body || '（未写条件）',
        })),
      },
    ],
  };
}

export const flowTitle = (flow) => [flow.name, `到“${flow.targetRef?.name || flow.targetRef?.id}”`]
  .filter(Boolean).join('：');
