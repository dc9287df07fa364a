// Events and receive tasks: waiting times, messages, errors.
import { is } from 'bpmn-js/lib/util/ModelUtil';
import { readDuration, readTiming, writeDuration } from '../durations.js';
import { timingFault } from './tasks.js';

const TIMERS = [
  ['timeDuration', '等待一段时间', '多久', '例如 30 分钟'],
  ['timeDate', '等到某一时刻', '什么时候', '2026-11-23T14:00:00+08:00'],
  ['timeCycle', '反复', '多久一次', 'R3/PT24H'],
];

export function eventGroups(element, owner, desk) {
  const definition = owner.eventDefinitions?.[0];
  if (is(owner, 'bpmn:ReceiveTask')) return [messageGroup(element, owner, owner, desk)];
  if (!definition) return [];
  const groups = [];
  if (is(definition, 'bpmn:TimerEventDefinition')) groups.push(timerGroup(element, owner, definition, desk));
  const thrown = is(owner, 'bpmn:IntermediateThrowEvent');
  if (is(definition, 'bpmn:MessageEventDefinition') && !thrown) groups.push(messageGroup(element, owner, definition, desk));
  if (is(definition, 'bpmn:ErrorEventDefinition')) groups.push(errorGroup(element, definition, desk));
  if (is(owner, 'bpmn:BoundaryEvent') && !is(definition, 'bpmn:ErrorEventDefinition')) {
    groups.push(boundaryGroup(element, owner, desk));
  }
  return groups;
}

function timerGroup(element, owner, definition, { model }) {
  const [kind] = TIMERS.find(([name]) => definition.get(name)) || TIMERS[0];
  const body = definition.get(kind)?.body || '';
  const [, , label, placeholder] = TIMERS.find(([name]) => name === kind);
  const write = (next, value) => model.several(() => {
    relabel(element, owner, body, value, model);
    model.updateNested(element, definition, Object.fromEntries(
      TIMERS.map(([name]) => [name, name === next ? model.formal(value) : undefined])));
  });
  const isDuration = kind === 'timeDuration';
  return {
    title: '时间',
    fields: [
      {
        id: 'timer-kind', type: 'choice', label: '怎样计时', value: kind,
        options: TIMERS.filter(([value]) => value === kind || value !== 'timeCycle' || repeats(owner))
          .map(([value, title]) => ({ value, label: title })),
        set: (next) => write(next, next === kind ? body : TIMERS.find(([name]) => name === next)[3]
          .replace('例如 30 分钟', 'PT30M')),
      },
      {
        id: 'timer', type: 'text', label, placeholder, expression: true, settle: true,
        value: isDuration ? readDuration(body) || body : body,
        read: (words) => (isDuration ? timingFault(words) : momentFault(kind, words)),
        set: (words) => write(kind, isDuration && !words.startsWith('=') ? writeDuration(words) : words),
        hint: timerHint(kind, body),
      },
    ],
  };
}

/** Only an event that leaves its task running may strike again. */
const repeats = (owner) => is(owner, 'bpmn:BoundaryEvent') && owner.cancelActivity === false;

function timerHint(kind, body) {
  const words = body && readTiming(kind, body);
  const read = words ? `${words}（${body}）。` : '';
  return kind === 'timeDuration' ? `${read}可写“45 分钟”“2 小时 30 分”“3 天”，或以 = 开头的表达式。` : read;
}

function momentFault(kind, words) {
  return !words || readTiming(kind, words) ? null : `看不懂“${words}”`;
}

/** A label that speaks of the old time ("30 分钟内未支付") speaks of the new one. */
function relabel(element, owner, before, after, model) {
  const [old, next] = [before, after].map((value) => readDuration(value || ''));
  if (!old || !next || old === next || !owner.name) return;
  for (const written of [old, old.replace(/ /g, '')]) {
    if (!owner.name.includes(written)) continue;
    const replacement = written === old ? next : next.replace(/ /g, '');
    model.update(element, { name: owner.name.replace(written, replacement) });
    return;
  }
}

function messageGroup(element, owner, holder, { model, catalogue }) {
  const name = holder.get('messageRef')?.name || '';
  const drawn = model.roots('bpmn:Message').map((one) => one.name);
  const known = new Set([...catalogue.messages.map((one) => one.name), ...drawn]);
  const label = catalogue.messages.find((one) => one.name === name)?.label;
  const correlation = model.extension(element, 'policy:Correlation')?.key || '';
  return {
    title: '消息',
    fields: [
      {
        id: 'message', type: 'text', code: true, label: '等哪个消息', value: name, settle: true,
        suggestions: [...known], hint: label || '消息名由发送方约定，例如 payment。',
        set: (next) => model.refer(element, holder, 'messageRef', 'bpmn:Message', 'name', next),
      },
      {
        id: 'result', type: 'text', code: true, label: '内容存为', placeholder: name,
        value: model.extension(element, 'policy:Result')?.name || '',
        set: (next) => model.setExtension(element, 'policy:Result', next ? { name: next } : null),
      },
      {
        id: 'correlation', type: 'text', label: '只收与此相符的', expression: true, value: correlation,
        placeholder: '本流程的业务编号',
        set: (key) => model.setExtension(element, 'policy:Correlation', key ? { key } : null),
        hint: '通常留空：按业务编号送达。',
      },
    ],
  };
}

function errorGroup(element, definition, { model }) {
  return {
    title: '错误',
    fields: [{
      id: 'error', type: 'text', code: true, settle: true, label: '错误代码',
      value: definition.errorRef?.errorCode || '',
      set: (next) => model.refer(element, definition, 'errorRef', 'bpmn:Error', 'errorCode', next),
      hint: '边界事件留空表示接住任何错误。',
    }],
  };
}

function boundaryGroup(element, owner, { model }) {
  return {
    title: '发生时',
    fields: [{
      id: 'interrupting', type: 'check', label: '中断原来的任务', value: owner.cancelActivity !== false,
      set: (cancelActivity) => model.update(element, { cancelActivity }),
      hint: '不勾选则原任务继续，另外多走一条路（例如提醒）。',
    }],
  };
}
