// Where the canvas looks.
const PALETTE = 130;
const MARGIN = 30;
const SMALLEST = 0.6;

/** The whole drawing right of the palette; a large one from its top left corner, readable. */
export function fit(canvas) {
  const { inner, outer } = canvas.viewbox();
  const room = { width: outer.width - PALETTE - MARGIN, height: outer.height - 2 * MARGIN };
  const scale = Math.min(1, Math.max(SMALLEST, Math.min(room.width / inner.width, room.height / inner.height)));
  const above = Math.max(MARGIN, (outer.height - inner.height * scale) / 2);
  canvas.viewbox({
    x: inner.x - PALETTE / scale,
    y: inner.y - above / scale,
    width: outer.width / scale,
    height: outer.height / scale,
  });
}

/** Bring what was asked for into the middle, unless it is in plain sight. */
export function bring(canvas, element) {
  const view = canvas.viewbox();
  const at = canvas.getAbsoluteBBox(element);
  const [left, top] = [at.x, at.y];
  const seen = left > PALETTE && top > MARGIN
    && left + at.width < view.outer.width - MARGIN && top + at.height < view.outer.height - MARGIN;
  if (seen) return;
  const scale = view.scale;
  const bounds = { x: view.x + left / scale, y: view.y + top / scale };
  canvas.viewbox({
    x: bounds.x + at.width / scale / 2 - view.width / 2,
    y: bounds.y + at.height / scale / 2 - view.height / 2,
    width: view.width,
    height: view.height,
  });
}
