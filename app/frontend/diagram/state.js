// State of one instance on its drawing:
// {taken: [ids of elements and flows], current: [{element, label, since, due}], incidents: [{element, message}], ended}
// or of two versions side by side: {added: [ids], changed: [ids], removed: [ids]}
import { localTime, speak } from './words.js';

const MARKS = ['taken', 'current', 'incident', 'added', 'changed', 'removed'];
const DIFFERENCES = { added: '新增', changed: '改动', removed: '删除' };

/** Mark the path, the places and the incidents; answers whether the current places differ from before. */
export function drawState(drawing, state) {
  const { canvas, overlays } = drawing;
  const current = state.current || [];
  const incidents = state.incidents || [];
  const marks = {
    taken: new Set(state.taken || []),
    current: new Set(current.map((place) => place.element)),
    incident: new Set(incidents.map((incident) => incident.element)),
    ...Object.fromEntries(Object.keys(DIFFERENCES).map((mark) => [mark, new Set(state[mark] || [])])),
  };
  drawing.elements.forEach((element) => {
    const id = element.labelTarget ? element.labelTarget.id : element.id;
    for (const mark of MARKS) {
      if (marks[mark].has(id)) canvas.addMarker(element, mark);
      else canvas.removeMarker(element, mark);
    }
    if (element.waypoints && marks.taken.has(id)) raise(drawing.elements.getGraphics(element));
  });
  overlays.clear();
  for (const [element, places] of grouped(current)) {
    pin(drawing, element, 'current', [speak('当前'), ...new Set(places.map(holder))].filter(Boolean).join(' · '));
  }
  for (const [element] of grouped(incidents)) pin(drawing, element, 'incident', speak('异常'));
  for (const [mark, word] of Object.entries(DIFFERENCES)) {
    for (const id of marks[mark]) pin(drawing, id, mark, speak(word));
  }
  const places = [...marks.incident, ...marks.current, ...marks.changed, ...marks.added, ...marks.removed];
  const moved = places.join() !== drawing.places.join();
  drawing.places = places;
  return moved;
}

/** A flow that was taken lies over those that share a stretch with it. */
function raise(flow) {
  const group = flow.parentNode;
  if (group.nextElementSibling) group.parentNode.append(group);
}

function grouped(items) {
  const byElement = new Map();
  for (const item of items) {
    byElement.set(item.element, [...(byElement.get(item.element) || []), item]);
  }
  return byElement;
}

const holder = (place) => place.label || '';

function pin(drawing, id, kind, words) {
  const shape = drawing.elements.get(id);
  if (!shape) return;
  const chip = document.createElement('span');
  chip.className = `diagram-chip ${kind}`;
  chip.textContent = words;
  drawing.overlays.add(id, kind, {
    position: (kind === 'incident') !== labelAbove(shape) ? { bottom: -3, left: -4 } : { top: -21, left: -4 },
    scale: { min: 0.8, max: 1 },
    html: chip,
  });
}

/** The same in words, for readers who do not see the drawing. */
export function wordsFor(drawing, state) {
  const lines = (state.incidents || []).map((incident) => (
    line('incident', speak('异常'), drawing.nameOf(incident.element), incident.message)));
  for (const place of state.current || []) {
    const due = place.due ? `${speak('截止')} ${localTime(place.due)}` : '';
    lines.push(line('current', speak('当前'), drawing.nameOf(place.element), place.label, due));
  }
  if (state.ended && state.taken) lines.push(line('ended', speak('流程已结束')));
  return lines;
}

function line(kind, ...parts) {
  const item = document.createElement('li');
  item.className = kind;
  item.textContent = parts.filter(Boolean).join(' · ');
  return item;
}

/** The current place's chip keeps clear of a label outside its shape; an incident's takes the other side. */
function labelAbove(shape) {
  const label = shape.labels?.[0];
  return !label || label.y + label.height / 2 < shape.y + shape.height / 2;
}
