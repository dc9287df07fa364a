// The read-only live diagram: <div data-diagram-url="….bpmn" data-state-url="….json" [data-every="3"]
// [data-label="which diagram, where a page has several"]>.
import { drawState, wordsFor } from './state.js';
import { Drawing } from './drawing.js';
import { speak } from './words.js';
import './style.css';

const DEFAULT_EVERY_SECONDS = 3;

function shell(host) {
  const bar = document.createElement('div');
  bar.className = 'diagram-bar';
  const region = document.createElement('div');
  region.className = 'diagram-region';
  region.tabIndex = 0;
  region.setAttribute('role', 'region');
  const label = speak('流程图，可用方向键移动，加号减号缩放');
  region.setAttribute('aria-label', host.dataset.label ? `${host.dataset.label}：${label}` : label);
  const words = document.createElement('ul');
  words.className = 'diagram-words';
  words.setAttribute('aria-live', 'polite');
  host.replaceChildren(bar, region, words);
  host.classList.add('diagram');
  return { bar, region, words };
}

function button(bar, label, act) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = speak(label);
  made.addEventListener('click', act);
  bar.append(made);
  return made;
}

async function text(url) {
  const answer = await fetch(url, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.text();
}

/** Poll `url` while the page is visible; a 304 (or any failure) leaves what is drawn. */
function follow(url, everySeconds, show) {
  let tag = null;
  let over = false;
  async function ask() {
    if (document.hidden || over) return;
    const answer = await fetch(url, {
      credentials: 'same-origin',
      cache: 'no-store',
      headers: tag ? { 'If-None-Match': tag } : {},
    });
    if (answer.status !== 200) return;
    tag = answer.headers.get('ETag');
    const state = await answer.json();
    over = state.ended === true;
    show(state);
  }
  const first = ask();
  const timer = setInterval(() => {
    if (over) clearInterval(timer);
    else ask().catch(() => {});
  }, everySeconds * 1000);
  document.addEventListener('visibilitychange', () => ask().catch(() => {}));
  return first;
}

async function mount(host) {
  const { diagramUrl, stateUrl, every } = host.dataset;
  const fallback = [...host.childNodes];
  const { bar, region, words } = shell(host);
  try {
    const drawing = await Drawing.open(region, await text(diagramUrl));
    button(bar, '缩小', () => drawing.zoom(1 / 1.25));
    button(bar, '放大', () => drawing.zoom(1.25));
    button(bar, '全貌', () => drawing.whole());
    const here = button(bar, '当前位置', () => drawing.showCurrent());
    here.hidden = true;
    const show = (state) => {
      const moved = drawState(drawing, state);
      words.replaceChildren(...wordsFor(drawing, state));
      here.hidden = !drawing.places.length;
      here.textContent = speak(state.current || state.incidents ? '当前位置' : '改动处');
      if (moved) drawing.showCurrent();
    };
    host.baohanDiagram = { drawing, show };
    if (stateUrl) await follow(stateUrl, Number(every) || DEFAULT_EVERY_SECONDS, show);
    host.dataset.ready = '';
  } catch (error) {
    if (!host.baohanDiagram) host.replaceChildren(...fallback, notice(speak('流程图暂时无法显示。')));
    host.dataset.failed = String(error.message || error);
  }
}

function notice(message) {
  const line = document.createElement('p');
  line.className = 'diagram-failed';
  line.textContent = message;
  return line;
}

/** Mount every diagram under `root` that is not mounted yet; a folded one waits until it is opened. */
function mountAll(root = document) {
  for (const host of root.querySelectorAll('[data-diagram-url]:not(.diagram)')) {
    const folded = host.closest('details:not([open])');
    if (folded) folded.addEventListener('toggle', () => mountAll(folded), { once: true });
    else mount(host);
  }
}

window.baohan = Object.assign(window.baohan || {}, { mountDiagrams: mountAll });
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => mountAll());
else mountAll();
