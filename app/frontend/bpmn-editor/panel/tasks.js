// Activities: the operation, form, deadline, decision, message or policy behind them.
import { is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { readDuration, writeDuration } from '../durations.js';

export function taskGroups(element, owner, desk) {
  if (is(owner, 'bpmn:UserTask')) return [formGroup(element, owner, desk), dueGroup(element, desk)];
  if (is(owner, 'bpmn:StartEvent')) return [formGroup(element, owner, desk)];
  if (is(owner, 'bpmn:ServiceTask')) return operationGroups(element, owner, desk);
  if (is(owner, 'bpmn:BusinessRuleTask')) return [decisionGroup(element, owner, desk)];
  if (isAny(owner, ['bpmn:SendTask', 'bpmn:IntermediateThrowEvent'])) return sendGroups(element, desk);
  if (is(owner, 'bpmn:CallActivity')) return [callGroup(element, owner, desk)];
  return [];
}

function formGroup(element, owner, { model, catalogue }) {
  const name = model.extension(element, 'policy:Form')?.name || '';
  const form = catalogue.forms.find((one) => one.name === name);
  const result = model.extension(element, 'policy:Result')?.name || '';
  return {
    title: '表单',
    fields: [
      {
        id: 'form', type: 'choice', label: '使用的表单', value: name, none: '不使用表单',
        options: catalogue.forms.map((one) => ({ value: one.name, label: one.title || one.name })),
        set: (next) => model.setExtension(element, 'policy:Form', next ? { name: next } : null),
      },
      form && {
        id: 'form-fields', type: 'list', label: '表单里的内容',
        items: form.fields.map((field) => ({ code: `${result || owner.id}.${field.key}`, text: field.label })),
      },
      is(owner, 'bpmn:UserTask') && {
        id: 'result', type: 'text', code: true, label: '结果存为', value: result, placeholder: owner.id,
        hint: '后面的条件用这个名字取表单里填的内容。',
        set: (next) => model.setExtension(element, 'policy:Result', next ? { name: next } : null),
      },
    ],
  };
}

function dueGroup(element, { model }) {
  const value = model.extension(element, 'policy:Due')?.value || '';
  return {
    title: '办理期限',
    fields: [{
      id: 'due', type: 'text', label: '多久之内办完', expression: true, settle: true,
      value: readDuration(value) || value, placeholder: '例如 3 天',
      read: timingFault,
      set: (next) => {
        const due = next.startsWith('=') ? next : writeDuration(next);
        model.setExtension(element, 'policy:Due', due ? { value: due } : null);
      },
      hint: '写“3 天”“2 小时 30 分”，或以 = 开头的表达式。到期只提醒，不会自动办理；要自动转走请附加定时边界事件。',
    }],
  };
}

export function timingFault(words) {
  if (!words || words.startsWith('=') || writeDuration(words)) return null;
  return `看不懂“${words}”；请写成“30 分钟”“3 天”或 PT30M`;
}

function operationGroups(element, owner, { model, catalogue }) {
  const extension = model.extension(element, 'policy:Operation');
  const name = extension?.name || '';
  const operation = catalogue.operations.find((one) => one.name === name);
  const choose = (next) => {
    if (!next) return model.setExtension(element, 'policy:Operation', null);
    const declared = catalogue.operations.find((one) => one.name === next)?.parameters || [];
    const parameters = (extension?.parameters || []).filter(
      (one) => declared.some((parameter) => parameter.name === one.name));
    return model.setExtension(element, 'policy:Operation', { name: next, parameters });
  };
  const options = catalogue.operations.map((one) => ({
    value: one.name, label: one.title, group: one.name.split('/')[0],
  }));
  const groups = [{
    title: '系统操作',
    fields: [
      { id: 'operation', type: 'choice', label: '做什么', value: name, options, none: '请选择', set: choose },
      operation?.outside && {
        id: 'outside', type: 'note',
        value: '这是对外部系统的调用：在后台执行，失败会自动重试，仍失败时记为异常，等待处理。',
      },
      operation?.effects?.length && {
        id: 'effects', type: 'list', label: '会改变', items: operation.effects.map((text) => ({ text })),
      },
      name && {
        id: 'result', type: 'text', code: true, label: '结果存为', value: extension.result || '',
        hint: '留空则不保存。',
        set: (result) => model.setExtension(element, 'policy:Operation', { result: result || undefined }),
      },
      operation?.results?.length && {
        id: 'results', type: 'list', label: '结果里的内容',
        items: operation.results.map((one) => ({
          code: extension.result ? `${extension.result}.${one.name}` : one.name, text: one.label,
        })),
      },
    ],
  }];
  if (operation?.parameters?.length) {
    groups.push(parameterGroup(element, 'policy:Operation', operation.parameters, extension, { model }));
  }
  return groups;
}

function parameterGroup(element, type, declared, extension, { model }) {
  const valueOf = (name) => extension?.parameters?.find((one) => one.name === name)?.value || '';
  return {
    title: '参数',
    fields: declared.map((parameter) => ({
      id: `parameter-${parameter.name}`,
      label: parameter.label || parameter.name,
      value: valueOf(parameter.name),
      set: (value) => model.setParameter(element, type, parameter.name, value),
      expression: true,
      ...parameterInput(parameter),
    })),
  };
}

const BOOLEANS = ['bool', 'boolean'];

function parameterInput({ type, choices, optional }) {
  const hint = optional ? '可不填；以 = 开头表示表达式。' : '直接写内容；以 = 开头表示表达式。';
  if (choices?.length) return { type: 'text', suggestions: choices, hint };
  if (BOOLEANS.includes(type)) return { type: 'text', suggestions: ['=true', '=false'], hint };
  return { type: 'text', hint };
}

function decisionGroup(element, owner, { model, catalogue }) {
  const extension = model.extension(element, 'policy:Decision');
  const name = extension?.name || '';
  const decision = catalogue.decisions.find((one) => one.id === name);
  const set = (attributes) => model.setExtension(element, 'policy:Decision', attributes);
  return {
    title: '决策',
    fields: [
      {
        id: 'decision', type: 'choice', label: '查哪张表', value: name, none: '请选择',
        options: catalogue.decisions.map((one) => ({ value: one.id, label: one.name || one.id, group: one.file })),
        set: (next) => set(next ? { name: next } : null),
      },
      decision?.inputs?.length && {
        id: 'inputs', type: 'list', label: '表里用到', items: decision.inputs.map((one) => ({ code: one })),
      },
      name && {
        id: 'result', type: 'text', code: true, label: '结果存为', value: extension.result || '',
        placeholder: name, set: (result) => set({ result: result || undefined }),
      },
    ],
  };
}

function sendGroups(element, { model, catalogue }) {
  const extension = model.extension(element, 'policy:Message');
  const set = (attributes) => model.setExtension(element, 'policy:Message', attributes);
  const used = extension?.parameters || [];
  const message = {
    title: '发送的消息',
    fields: [
      {
        id: 'policy', type: 'choice', label: '发给哪个政策的流程', value: extension?.policy || '', none: '请选择',
        options: catalogue.policies.map((one) => ({ value: one.name, label: one.title || one.name })),
        set: (policy) => set({ policy: policy || undefined }),
      },
      {
        id: 'message', type: 'text', code: true, label: '消息名', value: extension?.name || '',
        suggestions: catalogue.messages.map((one) => one.name), set: (name) => set({ name: name || undefined }),
      },
      {
        id: 'key', type: 'text', label: '发给哪一件（业务编号）', expression: true, value: extension?.key || '',
        placeholder: '=order.no', set: (key) => set({ key: key || undefined }),
      },
      {
        id: 'add-parameter', type: 'text', code: true, label: '增加一项内容', value: '', settle: true,
        placeholder: '内容的名字',
        set: (name) => name && set({
          parameters: [...used.filter((one) => one.name !== name), model.parameter(name, '')],
        }),
      },
    ],
  };
  const declared = used.map((one) => ({ name: one.name, label: one.name }));
  return [message, declared.length && parameterGroup(element, 'policy:Message', declared, extension, { model })];
}

function callGroup(element, owner, { model, catalogue }) {
  return {
    title: '调用',
    fields: [{
      id: 'called', type: 'choice', label: '调用哪个流程', value: owner.calledElement || '', none: '请选择',
      options: catalogue.processes.map((one) => ({ value: one.name, label: one.title || one.name })),
      hint: '只能调用本政策里另外画出的流程。',
      set: (next) => model.update(element, { calledElement: next || undefined }),
    }],
  };
}

