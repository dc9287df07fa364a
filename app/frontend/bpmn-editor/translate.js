// The editor in Chinese: bpmn-js-i18n's strings, and ours where it has none or says it otherwise.
import community from 'bpmn-js-i18n/translations/zn.js';

const OURS = {
  'Change element': '更换图形',
  'Change type': '更换图形',
  Delete: '删除',
  'Add text annotation': '添加文字说明',
  'Connect to other element': '连线到其他图形',
  'Connect using association': '连到说明的对象',
  'Add lane above': '在上方添加泳道',
  'Add lane below': '在下方添加泳道',
  'Divide into two lanes': '分成两条泳道',
  'Divide into three lanes': '分成三条泳道',
  'User task': '人工任务',
  'Service task': '系统操作',
  'Business rule task': '查决策表',
  'Receive task': '等待消息（任务）',
  'Send task': '发送消息',
  'Call activity': '调用流程',
  'Sub-process': '子流程',
  'Sub-process (expanded)': '子流程',
  'Exclusive gateway': '排他网关：选择一条路',
  'Parallel gateway': '并行网关：同时进行',
  'Event-based gateway': '事件网关：先到先走',
  'Start event': '开始',
  'End event': '结束',
  'Message start event': '收到消息时开始',
  'Terminate end event': '全部终止',
  'Error end event': '以错误结束',
  'Message intermediate catch event': '等待消息',
  'Timer intermediate catch event': '等待时间',
  'Message boundary event': '收到消息时（中断）',
  'Timer boundary event': '到时间时（中断）',
  'Error boundary event': '出错时（中断）',
  'Message boundary event (non-interrupting)': '收到消息时（不中断）',
  'Timer boundary event (non-interrupting)': '到时间时（不中断）',
  'Toggle non-interrupting': '切换：中断或不中断',
  'Sequence flow': '普通流向',
  'Default flow': '默认流向',
  'Conditional flow': '条件流向',
  'Expanded pool/participant': '流程与泳道',
  'Open minimap': '打开缩略图',
  'Close minimap': '收起缩略图',
  'Search in diagram': '在图中查找',
  Search: '查找',
  'No matching entries found.': '没有符合的内容。',
  'no parent for {element} in {parent}': '{element} 不能放在 {parent} 里',
  'element {element} referenced by {referenced}#{property} not yet drawn': '图形 {element} 尚未画出（{referenced}#{property}）',
};

export function translate(template, replacements = {}) {
  const words = OURS[template] || community[template] || template;
  return words.replace(/{([^}]+)}/g, (whole, key) => replacements[key] ?? whole);
}

export default { translate: ['value', translate] };
