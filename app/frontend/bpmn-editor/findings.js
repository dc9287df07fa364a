// What a check found, on the shapes: a mark, a count and the words on hover.
const SEVERITIES = { error: '拒绝', warning: '提醒' };

export class Findings {
  static $inject = ['eventBus', 'overlays', 'canvas', 'elementRegistry', 'selection'];

  constructor(eventBus, overlays, canvas, elementRegistry, selection) {
    Object.assign(this, { eventBus, overlays, canvas, elementRegistry, selection });
    this.list = [];
    eventBus.on('import.done', () => this.mark());
  }

  set(list) {
    this.list = list.map((finding) => ({ ...finding, severity: finding.severity in SEVERITIES ? finding.severity : 'error' }));
    this.mark();
    this.eventBus.fire('findings.changed');
  }

  of(id) {
    return this.list.filter((finding) => finding.element_id === id);
  }

  mark() {
    this.overlays.remove({ type: 'finding' });
    this.elementRegistry.forEach((element) => {
      for (const severity of Object.keys(SEVERITIES)) this.canvas.removeMarker(element, `finding-${severity}`);
    });
    for (const id of new Set(this.list.map((finding) => finding.element_id))) this.pin(id);
  }

  pin(id) {
    const element = id && this.elementRegistry.get(id);
    if (!element || element === this.canvas.getRootElement()) return;
    const found = this.of(id);
    const severity = found.some((finding) => finding.severity === 'error') ? 'error' : 'warning';
    this.canvas.addMarker(element, `finding-${severity}`);
    const badge = document.createElement('button');
    badge.type = 'button';
    badge.className = `finding-badge ${severity}`;
    badge.textContent = `${SEVERITIES[severity]} ${found.length}`;
    badge.title = found.map((finding) => finding.message).join('\n');
    badge.addEventListener('click', () => this.selection.select(element));
    this.overlays.add(element, 'finding', { position: { top: -14, right: 26 }, html: badge });
  }
}

export default { __init__: ['findings'], findings: ['type', Findings] };
