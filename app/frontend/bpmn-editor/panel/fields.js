// The panel's controls. What is typed waits in `drafts` until it is settled, so that nothing typed is lost.
import { html, useEffect, useRef, useState } from '@bpmn-io/diagram-js-ui';

const PAUSE = 500;

/** Typed but not yet written to the drawing; flushed before saving and when the selection moves on. */
export class Drafts {
  constructor(onTyped) {
    this.pending = new Map();
    this.onTyped = onTyped;
  }

  put(key, settle) {
    this.pending.set(key, settle);
    this.onTyped();
  }

  drop(key) {
    this.pending.delete(key);
  }

  flush() {
    for (const settle of [...this.pending.values()]) settle();
    this.pending.clear();
  }
}

/** State of one written field: what is shown, its fault, and when it reaches the drawing. */
function useDraft(field, key, drafts) {
  const [draft, setDraft] = useState(null);
  const [fault, setFault] = useState(null);
  const latest = useRef();
  latest.current = field;
  const timer = useRef();
  const typed = useRef(null);
  const settle = (value) => {
    clearTimeout(timer.current);
    typed.current = null;
    drafts.drop(key);
    const { read, set, value: before } = latest.current;
    const written = value.trim();
    const wrong = read ? read(written) : null;
    setFault(wrong);
    if (wrong) {
      typed.current = value;
      return;
    }
    setDraft(null);
    if (written !== (before || '')) setFault(set(written) || null);
  };
  const type = (value) => {
    typed.current = value;
    setDraft(value);
    setFault(null);
    clearTimeout(timer.current);
    drafts.put(key, () => settle(value));
    if (!latest.current.settle) timer.current = setTimeout(() => settle(value), PAUSE);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return { shown: draft ?? field.value ?? '', fault, type, settle: () => typed.current !== null && settle(typed.current) };
}

function Written({ field, name, drafts }) {
  const { shown, fault, type, settle } = useDraft(field, name, drafts);
  const described = [fault && `${name}-fault`, field.hint && `${name}-hint`].filter(Boolean).join(' ');
  const common = {
    id: name,
    value: shown,
    placeholder: field.placeholder || '',
    class: field.code || String(shown).startsWith('=') ? 'code' : '',
    spellcheck: false,
    autocomplete: 'off',
    'data-expression': field.expression ? '' : undefined,
    'aria-invalid': fault ? 'true' : undefined,
    'aria-describedby': described || undefined,
    onInput: (event) => type(event.target.value),
    onBlur: settle,
  };
  const onKeyDown = (event) => event.key === 'Enter' && settle();
  return html`
    <label for=${name}>${field.label}</label>
    ${field.type === 'area'
      ? html`<textarea rows="3" ...${common}></textarea>`
      : html`<input type="text" list=${field.suggestions ? `${name}-list` : undefined}
          ...${common} onKeyDown=${onKeyDown} />`}
    ${field.suggestions && html`<datalist id=${`${name}-list`}>
      ${field.suggestions.map((value) => html`<option value=${value} />`)}</datalist>`}
    ${fault && html`<p class="fault" role="alert" id=${`${name}-fault`}>${fault}</p>`}
    <${Hint} field=${field} name=${name} />`;
}

function Choice({ field, name }) {
  const known = field.options.some((option) => option.value === field.value);
  return html`
    <label for=${name}>${field.label}</label>
    <select id=${name} value=${field.value} onChange=${(event) => field.set(event.target.value)}
        aria-describedby=${field.hint ? `${name}-hint` : undefined}>
      ${field.none && html`<option value="" selected=${!field.value}>${field.none}</option>`}
      ${field.value && !known && html`<option value=${field.value} selected>${field.value}（不存在）</option>`}
      <${Options} options=${field.options} chosen=${field.value} />
    </select>
    <${Hint} field=${field} name=${name} />`;
}

function Options({ options, chosen }) {
  const groups = [...new Set(options.map((option) => option.group))];
  const draw = (option) => html`
    <option value=${option.value} selected=${option.value === chosen}>${option.label}</option>`;
  return groups.map((group) => {
    const members = options.filter((option) => option.group === group).map(draw);
    return group ? html`<optgroup label=${group}>${members}</optgroup>` : members;
  });
}

function Check({ field, name }) {
  return html`
    <label class="check" for=${name}>
      <input type="checkbox" id=${name} checked=${field.value}
        onChange=${(event) => field.set(event.target.checked)} />
      <span>${field.label}</span>
    </label>
    <${Hint} field=${field} name=${name} />`;
}

function Note({ field }) {
  return html`${field.label && html`<span class="label">${field.label}</span>`}
    <p class=${`note ${field.tone || ''}`}>${field.value}</p>`;
}

function Items({ field }) {
  return html`<span class="label">${field.label}</span>
    <ul class="items">${field.items.map(({ code, text }) => html`
      <li>${text && html`<span>${text}</span>`} ${code && html`<code>${code}</code>`}</li>`)}</ul>`;
}

function Action({ field, name }) {
  const [chosen, choose] = useState('');
  if (!field.options) {
    return html`<button type="button" class=${field.tone || ''} onClick=${() => field.run()}>${field.label}</button>`;
  }
  return html`
    <label for=${name}>${field.label}</label>
    <div class="pair">
      <select id=${name} onChange=${(event) => choose(event.target.value)}>
        <option value="">请选择</option>
        <${Options} options=${field.options} chosen=${chosen} />
      </select>
      <button type="button" disabled=${!chosen} aria-label=${`${field.label}所选`}
        onClick=${() => field.run(chosen)}>添加</button>
    </div>`;
}

function Hint({ field, name }) {
  return field.hint ? html`<p class="hint" id=${`${name}-hint`}>${field.hint}</p>` : null;
}

const CONTROLS = { text: Written, area: Written, choice: Choice, check: Check, note: Note, list: Items, action: Action };

export function Field({ field, element, drafts }) {
  const name = `panel-${field.id}`;
  const key = `${element.id}:${field.id}`;
  return html`<div class="panel-field" key=${key}>
    <${CONTROLS[field.type]} key=${key} field=${field} name=${name} drafts=${drafts} />
  </div>`;
}
