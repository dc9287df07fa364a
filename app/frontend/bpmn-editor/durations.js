// ISO 8601 durations as people write and read them: "45 分钟", "2 小时 30 分", "P3D".

const UNITS = [
  ['年', 'Y', ['年']],
  ['个月', 'M', ['个月', '月']],
  ['周', 'W', ['周', '星期', '个星期']],
  ['天', 'D', ['天', '日']],
  ['小时', 'H', ['小时', '个小时', '时', '钟头']],
  ['分钟', 'M', ['分钟', '分']],
  ['秒', 'S', ['秒', '秒钟']],
];
const ISO = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** "PT30M" → "30 分钟"; null if it is not a duration. */
export function readDuration(iso) {
  const found = ISO.exec((iso || '').trim());
  if (!found || !found.slice(1).some((part) => part !== undefined)) return null;
  return found.slice(1)
    .map((amount, index) => (amount === undefined ? null : `${amount} ${UNITS[index][0]}`))
    .filter(Boolean)
    .join(' ');
}

/** "45分钟" or "PT45M" → "PT45M"; null if it says no duration. */
export function writeDuration(words) {
  const text = (words || '').trim();
  if (readDuration(text.toUpperCase())) return text.toUpperCase();
  const parts = new Array(UNITS.length);
  let rest = text.replaceAll('半小时', '30分钟').replaceAll('半天', '12小时').replace(/[\s零又]/g, '');
  while (rest) {
    const found = /^(\d+)([^\d]+)/.exec(rest);
    const index = found ? UNITS.findIndex(([, , names]) => names.includes(found[2])) : -1;
    if (index < 0 || parts[index] !== undefined) return null;
    parts[index] = found[1];
    rest = rest.slice(found[0].length);
  }
  const letters = (from, to) => UNITS.slice(from, to)
    .map(([, letter], offset) => (parts[from + offset] === undefined ? '' : parts[from + offset] + letter))
    .join('');
  const time = letters(4, 7);
  const iso = `P${letters(0, 4)}${time && `T${time}`}`;
  return readDuration(iso) ? iso : null;
}

const CYCLE = /^R(\d*)\/(.+)$/;

/** "R3/PT24H" → "每隔 24 小时，共 3 次". */
export function readCycle(value) {
  const found = CYCLE.exec((value || '').trim());
  const every = found && readDuration(found[2]);
  if (!every) return null;
  return found[1] ? `每隔 ${every}，共 ${found[1]} 次` : `每隔 ${every}，不限次数`;
}

/** "2026-11-23T14:00:00+08:00" → "2026-11-23 14:00 星期一". */
export function readMoment(value) {
  const text = (value || '').trim();
  const zoned = /(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}+08:00`;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(Date.parse(zoned))) return null;
  return new Intl.DateTimeFormat('zh-CN', {
    timeZone: 'Asia/Shanghai', dateStyle: 'full', timeStyle: 'short',
  }).format(new Date(zoned));
}

/** What an operator wrote for a waiting time or a deadline, in words; null if it cannot be read. */
export function readTiming(kind, value) {
  if ((value || '').startsWith('=')) return '按表达式计算';
  return { timeDuration: readDuration, timeCycle: readCycle, timeDate: readMoment }[kind](value);
}
