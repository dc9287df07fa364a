// A drawing that can be looked at but not changed: every rule says no, tools and fields are gone or closed.
const CLOSED = 10000;

class ReadOnly {
  static $inject = ['eventBus', 'canvas'];

  constructor(eventBus, canvas) {
    const commands = [
      'elements.move', 'elements.delete', 'elements.create', 'elements.paste', 'shape.create', 'shape.append',
      'shape.resize', 'shape.attach', 'shape.replace', 'connection.create', 'connection.reconnect',
      'connection.updateWaypoints', 'lane.updateRefs',
    ];
    eventBus.on(commands.map((name) => `commandStack.${name}.canExecute`), CLOSED, () => false);
    eventBus.on(['directEditing.activate', 'element.dblclick'], CLOSED, () => false);
    eventBus.once('import.done', () => canvas.getContainer().classList.add('read-only'));
  }
}

export default { __init__: ['readOnly'], readOnly: ['type', ReadOnly] };
