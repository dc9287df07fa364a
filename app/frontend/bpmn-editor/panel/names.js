// Names an expression can use: facts of the subject, and what earlier elements of this drawing leave behind.
import { getBusinessObject, is } from 'bpmn-js/lib/util/ModelUtil';

export function namesFor(_, { catalogue, elementRegistry, model }) {
  const names = new Map(catalogue.facts.map((fact) => [fact.name, fact.label || '']));
  elementRegistry.forEach((element) => {
    const owner = getBusinessObject(element);
    if (!owner || element.labelTarget) return;
    for (const [name, label] of leftBy(element, owner, catalogue, model)) {
      if (!names.has(name)) names.set(name, label);
    }
  });
  return [...names].map(([name, label]) => ({ name, label }));
}

function leftBy(element, owner, catalogue, model) {
  const from = `“${owner.name || owner.id}”的结果`;
  const operation = model.extension(element, 'policy:Operation');
  if (operation?.result) {
    const results = catalogue.operations.find((one) => one.name === operation.name)?.results || [];
    return [
      [operation.result, from],
      ...results.map((one) => [`${operation.result}.${one.name}`, one.label]),
    ];
  }
  const decision = model.extension(element, 'policy:Decision');
  if (decision) return [[decision.result || decision.name, from]];
  const form = model.extension(element, 'policy:Form');
  const result = model.extension(element, 'policy:Result')?.name;
  if (form) {
    const name = result || owner.id;
    const fields = catalogue.forms.find((one) => one.name === form.name)?.fields || [];
    return fields.map((field) => [`${name}.${field.key}`, field.label]);
  }
  const message = owner.messageRef || owner.eventDefinitions?.[0]?.messageRef;
  if (message && !is(owner, 'bpmn:SendTask')) return [[result || message.name, from]];
  return [];
}
