// A drawing in a box that scrolls natively: the spacer has the drawing's size, the canvas stays put and
// follows the scroll position. Fingers, wheel, arrow keys and scroll bars work as anywhere on the page.
import Viewer from 'bpmn-js/lib/Viewer';

const MARGIN = 24;
const SMALLEST = 0.25;
const LARGEST = 2;
const READABLE = 0.8; // a 12 px label stays about 10 px

export class Drawing {
  static async open(region, xml) {
    const drawing = new Drawing(region);
    await drawing.viewer.importXML(xml);
    drawing.start();
    return drawing;
  }

  constructor(region) {
    this.region = region;
    this.window = document.createElement('div');
    this.window.className = 'diagram-window';
    this.spacer = document.createElement('div');
    this.spacer.className = 'diagram-spacer';
    this.spacer.append(this.window);
    region.append(this.spacer);
    this.viewer = new Viewer({
      container: this.window,
      bpmnRenderer: {
        defaultFillColor: 'var(--diagram-paper)',
        defaultStrokeColor: 'var(--diagram-ink)',
        defaultLabelColor: 'var(--diagram-ink)',
      },
    });
    this.canvas = this.viewer.get('canvas');
    this.elements = this.viewer.get('elementRegistry');
    this.overlays = this.viewer.get('overlays');
    this.scale = 1;
    this.places = [];
  }

  start() {
    this.box = this.canvas.viewbox().inner;
    this.region.addEventListener('scroll', () => this.follow(), { passive: true });
    this.region.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => this.layout()).observe(this.region);
    this.setScale(this.startingScale());
  }

  startingScale() {
    return Math.min(1, Math.max(this.fitting(), READABLE));
  }

  fitting() {
    return (this.region.clientWidth - 2 * MARGIN) / this.box.width;
  }

  setScale(scale) {
    this.scale = Math.min(LARGEST, Math.max(SMALLEST, scale));
    this.layout();
  }

  layout() {
    if (!this.region.clientWidth) return;
    const width = Math.max(this.region.clientWidth, this.box.width * this.scale + 2 * MARGIN);
    const height = this.box.height * this.scale + 2 * MARGIN;
    this.spacer.style.width = `${width}px`;
    this.spacer.style.height = `${height}px`;
    this.region.style.height = `${Math.min(height + 2, Math.max(240, window.innerHeight * 0.6))}px`;
    this.window.style.width = `${this.region.clientWidth}px`;
    this.window.style.height = `${this.region.clientHeight}px`;
    this.canvas.resized();
    this.follow();
  }

  follow() {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.region;
    this.canvas.viewbox({
      x: this.box.x + (scrollLeft - MARGIN) / this.scale,
      y: this.box.y + (scrollTop - MARGIN) / this.scale,
      width: clientWidth / this.scale,
      height: clientHeight / this.scale,
    });
  }

  /** Zoom by `factor` around the middle of what is visible. */
  zoom(factor) {
    const { region } = this;
    const middle = {
      x: (region.scrollLeft + region.clientWidth / 2 - MARGIN) / this.scale,
      y: (region.scrollTop + region.clientHeight / 2 - MARGIN) / this.scale,
    };
    this.setScale(this.scale * factor);
    this.centre(middle);
  }

  centre({ x, y }) {
    const { region } = this;
    region.scrollLeft = x * this.scale + MARGIN - region.clientWidth / 2;
    region.scrollTop = y * this.scale + MARGIN - region.clientHeight / 2;
    this.follow();
  }

  whole() {
    this.setScale(Math.min(1, this.fitting()));
  }

  /** Bring the first current place into the middle. */
  showCurrent() {
    const shape = this.places.map((id) => this.elements.get(id)).find(Boolean);
    if (!shape) return;
    const { x, y, width, height } = shape.waypoints ? shape.waypoints[0] : shape;
    this.centre({ x: x + (width || 0) / 2 - this.box.x, y: y + (height || 0) / 2 - this.box.y });
  }

  key(event) {
    const zoom = { '+': 1.25, '=': 1.25, '-': 1 / 1.25, _: 1 / 1.25 }[event.key];
    if (zoom && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.zoom(zoom);
    } else if (event.key === '0') {
      this.whole();
    }
  }

  nameOf(id) {
    return this.elements.get(id)?.businessObject?.name || '';
  }
}
