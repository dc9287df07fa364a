// Chinese is the source; pages in English name themselves by <html lang="en">.
const ENGLISH = {
  '流程图，可用方向键移动，加号减号缩放': 'Process diagram; arrow keys move, plus and minus zoom',
  缩小: 'Zoom out',
  放大: 'Zoom in',
  全貌: 'Whole',
  当前位置: 'Current place',
  改动处: 'Changes',
  当前: 'Now',
  异常: 'Incident',
  新增: 'New',
  改动: 'Changed',
  删除: 'Removed',
  截止: 'due',
  流程已结束: 'The process has ended',
  '流程图暂时无法显示。': 'The diagram cannot be shown right now.',
};

export function speak(chinese) {
  return document.documentElement.lang.startsWith('en') ? ENGLISH[chinese] || chinese : chinese;
}

/** `2026-11-23 14:05` in Shanghai, whatever the browser's zone. */
export function localTime(iso) {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short',
  }).format(new Date(iso));
  return parts;
}
