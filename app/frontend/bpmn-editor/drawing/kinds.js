// What may stand in a policy's drawing: the one list that palette, context pad, menus and panel use.
const timer = { eventDefinitionType: 'bpmn:TimerEventDefinition' };
const message = { eventDefinitionType: 'bpmn:MessageEventDefinition' };
const terminate = { eventDefinitionType: 'bpmn:TerminateEventDefinition' };

/** [key, title, icon, shape] of everything that can be added. */
export const KINDS = Object.fromEntries([
  ['start', '开始', 'start-event-none', { type: 'bpmn:StartEvent' }],
  ['user-task', '人工任务', 'user-task', { type: 'bpmn:UserTask' }],
  ['service-task', '系统操作', 'service-task', { type: 'bpmn:ServiceTask' }],
  ['rule-task', '查决策表', 'business-rule-task', { type: 'bpmn:BusinessRuleTask' }],
  ['receive-task', '等待消息（任务）', 'receive-task', { type: 'bpmn:ReceiveTask' }],
  ['send-task', '发送消息', 'send-task', { type: 'bpmn:SendTask' }],
  ['exclusive', '选择一条路（排他网关）', 'gateway-xor', { type: 'bpmn:ExclusiveGateway' }],
  ['parallel', '同时进行（并行网关）', 'gateway-parallel', { type: 'bpmn:ParallelGateway' }],
  ['event-based', '先到先走（事件网关）', 'gateway-eventbased', { type: 'bpmn:EventBasedGateway' }],
  ['timer', '等待时间', 'intermediate-event-catch-timer', { type: 'bpmn:IntermediateCatchEvent', ...timer }],
  ['message', '等待消息', 'intermediate-event-catch-message', { type: 'bpmn:IntermediateCatchEvent', ...message }],
  ['sub-process', '子流程', 'subprocess-expanded', { type: 'bpmn:SubProcess', isExpanded: true }],
  ['call', '调用流程', 'call-activity', { type: 'bpmn:CallActivity' }],
  ['end', '结束', 'end-event-none', { type: 'bpmn:EndEvent' }],
  ['terminate', '全部终止', 'end-event-terminate', { type: 'bpmn:EndEvent', ...terminate }],
  ['participant', '流程与泳道', 'participant', { type: 'bpmn:Participant' }],
  ['annotation', '文字说明', 'text-annotation', { type: 'bpmn:TextAnnotation' }],
  ['group', '分组框', 'group', { type: 'bpmn:Group' }],
].map(([key, title, icon, shape]) => [key, { key, title, icon: `bpmn-icon-${icon}`, shape }]));

/** What may follow an element in the flow. */
export const FOLLOWERS = [
  'user-task', 'service-task', 'rule-task', 'exclusive', 'parallel', 'event-based', 'timer', 'message',
  'receive-task', 'send-task', 'call', 'end', 'terminate',
];

/** The frequent ones, at the shape itself. */
export const NEXT = ['user-task', 'service-task', 'rule-task', 'exclusive', 'timer', 'message', 'end'];

/** What an event-based gateway may wait for. */
export const WAITS = ['message', 'timer', 'receive-task'];

/** Entries of the "change element" menu that stay. */
export const REPLACEMENTS = new Set([
  'none-start', 'message-start', 'none-end', 'terminate-end', 'error-end',
  'message-intermediate-catch', 'timer-intermediate-catch',
  'exclusive-gateway', 'parallel-gateway', 'event-based-gateway',
  'user-task', 'service-task', 'rule-task', 'receive-task', 'send-task',
  'call-activity', 'expanded-subprocess', 'subprocess',
  'message-boundary', 'timer-boundary', 'error-boundary',
  'non-interrupting-message-boundary', 'non-interrupting-timer-boundary',
  'sequence-flow', 'default-flow', 'conditional-flow', 'expanded-pool',
].map((name) => `replace-with-${name}`));

const SUPPORTED = new Set([
  'Process', 'Collaboration', 'Participant', 'Lane', 'StartEvent', 'EndEvent', 'UserTask', 'ServiceTask',
  'BusinessRuleTask', 'ReceiveTask', 'SendTask', 'ExclusiveGateway', 'ParallelGateway', 'InclusiveGateway',
  'EventBasedGateway', 'IntermediateCatchEvent', 'IntermediateThrowEvent', 'BoundaryEvent', 'SubProcess', 'CallActivity',
  'SequenceFlow', 'TextAnnotation', 'Association', 'Group', 'DataObjectReference', 'DataStoreReference',
  'DataInputAssociation', 'DataOutputAssociation',
].map((name) => `bpmn:${name}`));
const EVENTS = {
  'bpmn:StartEvent': ['Message'],
  'bpmn:EndEvent': ['Terminate', 'Error'],
  'bpmn:IntermediateCatchEvent': ['Timer', 'Message'],
  'bpmn:IntermediateThrowEvent': ['Message'],
  'bpmn:BoundaryEvent': ['Timer', 'Message', 'Error'],
};

/** May this element be published at all? The server's check has the last word. */
export function isSupported(owner) {
  if (!SUPPORTED.has(owner.$type) || owner.triggeredByEvent || owner.loopCharacteristics) return false;
  const allowed = EVENTS[owner.$type];
  const needed = /Intermediate|Boundary/.test(owner.$type);
  if (needed && !owner.eventDefinitions?.length) return false;
  return !allowed || (owner.eventDefinitions || []).every(
    ({ $type }) => allowed.some((name) => $type === `bpmn:${name}EventDefinition`));
}

const TITLES = {
  'bpmn:Process': '流程', 'bpmn:Collaboration': '流程图', 'bpmn:Participant': '流程', 'bpmn:Lane': '泳道',
  'bpmn:StartEvent': '开始', 'bpmn:EndEvent': '结束', 'bpmn:UserTask': '人工任务', 'bpmn:ServiceTask': '系统操作',
  'bpmn:BusinessRuleTask': '查决策表', 'bpmn:ReceiveTask': '等待消息', 'bpmn:SendTask': '发送消息',
  'bpmn:ExclusiveGateway': '排他网关', 'bpmn:ParallelGateway': '并行网关', 'bpmn:InclusiveGateway': '包容网关',
  'bpmn:EventBasedGateway': '事件网关', 'bpmn:IntermediateCatchEvent': '等待', 'bpmn:IntermediateThrowEvent': '发送', 'bpmn:BoundaryEvent': '边界事件',
  'bpmn:SubProcess': '子流程', 'bpmn:CallActivity': '调用流程', 'bpmn:SequenceFlow': '流向',
  'bpmn:TextAnnotation': '文字说明', 'bpmn:Association': '关联线', 'bpmn:Group': '分组框',
};
const EVENT_TITLES = {
  'bpmn:TimerEventDefinition': '定时', 'bpmn:MessageEventDefinition': '消息',
  'bpmn:ErrorEventDefinition': '错误', 'bpmn:TerminateEventDefinition': '全部终止',
};

/** "等待（定时）", "人工任务"… */
export function kindOf(owner) {
  const title = TITLES[owner.$type] || owner.$type.replace('bpmn:', '');
  const event = EVENT_TITLES[owner.eventDefinitions?.[0]?.$type];
  return event ? `${title}（${event}）` : title;
}
