// The relation diagram's palette and context pad: decisions and input data, nothing the runtime would refuse.
const HIDDEN = ['knowledge-source', 'business-knowledge-model'];

const offered = (entries) => Object.fromEntries(
  Object.entries(entries).filter(([name]) => !HIDDEN.some((hidden) => name.endsWith(hidden))));

class Reduced {
  static $inject = ['palette', 'contextPad'];

  constructor(palette, contextPad) {
    palette.registerProvider(500, this);
    contextPad.registerProvider(500, this);
  }

  getPaletteEntries() {
    return offered;
  }

  getContextPadEntries() {
    return offered;
  }
}

export default { __init__: ['reducedTools'], reducedTools: ['type', Reduced] };
