// What the panel shows for an element: groups of fields, as data. The fields know how to write themselves.
import { getBusinessObject, is, isAny } from 'bpmn-js/lib/util/ModelUtil';
import { isSupported, kindOf } from '../drawing/kinds.js';
import { eventGroups } from './events.js';
import { flowGroups } from './flows.js';
import { followGroup } from './following.js';
import { taskGroups } from './tasks.js';

/**
 * @returns {{title, kind, groups: [{title, folded, fields: [field]}]}} where a field is
 * {id, label, type: text|area|choice|check|note|list|action, value, set, options, hint, expression, read}
 */
export function sheetFor(element, desk) {
  const owner = getBusinessObject(element);
  const groups = [
    basics(element, owner, desk),
    ...taskGroups(element, owner, desk),
    ...eventGroups(element, owner, desk),
    ...flowGroups(element, owner, desk),
    laneGroup(element, owner, desk),
    phaseGroup(element, owner, desk),
    desk.readOnly ? null : followGroup(element, owner, desk),
    details(element, owner, desk),
  ].filter((group) => group?.fields.some(Boolean));
  return {
    kind: kindOf(owner),
    title: owner.name || owner.text || owner.id,
    groups: groups.map((group) => ({ ...group, fields: group.fields.filter(Boolean) })),
  };
}

function basics(element, owner, { model }) {
  const fields = [];
  if (!isSupported(owner)) {
    fields.push({
      id: 'unsupported', type: 'note', tone: 'loss',
      value: '本系统不支持这种图形，发布时会被拒绝。请删除它，或换成支持的图形。',
    });
  }
  if (is(owner, 'bpmn:TextAnnotation')) {
    fields.push({
      id: 'text', type: 'area', label: '文字', value: owner.text,
      set: (text) => model.update(element, { text }),
    });
  } else if (!isAny(owner, ['bpmn:Association', 'bpmn:Collaboration', 'bpmn:Group'])) {
    fields.push({
      id: 'name', type: 'text', label: '名称', value: owner.name,
      set: (name) => model.update(element, { name }),
    });
  }
  return { title: '基本信息', fields };
}

function laneGroup(element, owner, { model, catalogue }) {
  if (!is(owner, 'bpmn:Lane')) return null;
  const code = model.extension(element, 'policy:Role')?.code || '';
  return {
    title: '办理角色',
    fields: [{
      id: 'role', type: 'choice', label: '本泳道的人工任务由谁办理', value: code,
      options: catalogue.roles.map((role) => ({ value: role.code, label: role.label })),
      none: '无（没有人工任务）',
      set: (next) => model.setExtension(element, 'policy:Role', next ? { code: next } : null),
      hint: '泳道的名称可以随意写，角色由这里决定。',
    }],
  };
}

function phaseGroup(element, owner, { model }) {
  if (!is(owner, 'bpmn:FlowNode')) return null;
  const phase = model.extension(element, 'policy:Phase');
  return {
    title: '首页步骤',
    folded: !phase,
    fields: [
      {
        id: 'phase-shown', type: 'check', label: '在网站首页的流程图中列为一步', value: Boolean(phase),
        set: (shown) => model.setExtension(element, 'policy:Phase', shown ? { name: owner.name || '' } : null),
      },
      phase && {
        id: 'phase-name', type: 'text', label: '步骤名称', value: phase.name, placeholder: owner.name,
        set: (name) => model.setExtension(element, 'policy:Phase', { name: name || undefined }),
      },
      phase && {
        id: 'phase-text', type: 'area', label: '一句话说明', value: phase.text,
        hint: '谁来办取自泳道，限时取自附加的定时；先后取自连线。',
        set: (text) => model.setExtension(element, 'policy:Phase', { text: text || undefined }),
      },
    ],
  };
}

function details(element, owner, { model }) {
  const process = is(owner, 'bpmn:Participant') ? owner.processRef : owner;
  const documentation = process?.get?.('documentation')?.[0]?.text || '';
  const fields = [];
  if (process && !isAny(owner, ['bpmn:Collaboration', 'bpmn:Association'])) {
    fields.push({
      id: 'documentation', type: 'area', label: '说明', value: documentation,
      hint: '写给后来的人：为什么这样规定，依据哪一条。',
      set: (text) => model.updateNested(element, process, {
        documentation: text ? [model.bpmnFactory.create('bpmn:Documentation', { text })] : [],
      }),
    });
  }
  const fixed = isAny(owner, ['bpmn:Process', 'bpmn:Participant', 'bpmn:Collaboration']);
  fields.push(fixed
    ? { id: 'id', type: 'note', label: '标识', value: process?.id || owner.id }
    : {
      id: 'id', type: 'text', label: '标识', value: owner.id, settle: true, code: true,
      hint: '在办流程按标识找到自己的位置；已发布的图形不要改。',
      read: (id) => (/^[A-Za-z_][\w.-]*$/.test(id) ? null : '只能用字母、数字、点、横线和下划线，以字母开头'),
      set: (id) => rename(element, id, model),
    });
  return { title: '说明与标识', folded: true, fields };
}

function rename(element, id, model) {
  const owner = getBusinessObject(element);
  if (owner.id === id) return null;
  if (model.elementRegistry.get(id) || owner.$model.ids.assigned(id)) return `标识“${id}”已被使用`;
  model.update(element, { id });
  return null;
}
