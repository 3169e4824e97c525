// What can be pressed or filled in: buttons, choices, forms.

import { drawLink, el, fold, plain, web, word } from './dom.js'

const many = 8 // options from which on there is a search box

let made = 0
const id = () => `c${++made}`

// drawActions draws buttons, links and selects; the quiet ones stand below the others.
export function drawActions(actions, act) {
  const box = el('div', { class: 'act' })
  const rows = { loud: el('div', { class: 'actions' }), quiet: el('div', { class: 'actions quiet' }) }
  actions.forEach((a, i) => {
    if (a.options?.length) box.append(drawSelect(a, i, act))
    else rows[a.style === 'quiet' ? 'quiet' : 'loud'].append(drawButton(a, i, act))
  })
  box.append(...Object.values(rows).filter(r => r.childElementCount))
  return box
}

function drawButton(a, i, act) {
  if (a.link) return web(a.link) ? drawLink(a.link, a.label, `button ${a.style ?? ''}`) : el('span', {}, plain(a.label))
  return el('button', {
    type: 'button', class: a.style, 'data-press': '', 'data-key': `action:${i}`,
    onclick: event => act.press(a, a.value ? [a.value] : [], event.currentTarget),
  }, plain(a.label))
}

// drawSelect draws a choice: one is chosen by pressing it, several are ticked and then sent.
function drawSelect(a, i, act) {
  const name = id()
  const box = el('div', { class: 'choice', role: 'group', 'aria-labelledby': name }, el('p', { class: 'label', id: name, dir: 'auto' }, plain(a.label)))
  if (!a.multi) {
    const list = el('div', { class: 'options' }, a.options.map(o => el('button', {
      type: 'button', class: o.on ? 'option on' : 'option', 'data-press': '', 'data-key': `action:${i}:${o.value}`, 'aria-pressed': o.on ? 'true' : undefined,
      onclick: event => act.press(a, [o.value], event.currentTarget),
    }, plain(o.label), o.hint && el('small', {}, plain(o.hint)))))
    box.append(...searchable(list, a.options))
    return box
  }
  const list = drawTicks('checkbox', id(), a.options, `action:${i}`)
  const count = el('span', { class: 'count', role: 'status' })
  box.dataset.choice = a.id
  const chosen = () => ticked(list)
  const recount = () => { count.textContent = word('chosen', { n: chosen().length }) }
  list.addEventListener('change', () => { box.dataset.dirty = ''; recount() })
  list.addEventListener('restored', recount)
  recount()
  box.append(...searchable(list, a.options), el('div', { class: 'actions' },
    el('button', { type: 'button', class: 'primary', 'data-press': '', 'data-key': `action:${i}`, onclick: event => { delete box.dataset.dirty; act.press(a, chosen(), event.currentTarget) } }, word('choose')), count))
  return box
}

function drawTicks(type, name, options, key, value = '') {
  const on = new Set(value.split('\n').filter(Boolean))
  return el('div', { class: 'options ticks' }, options.map(o => {
    const input = el('input', { type, name, value: o.value, 'data-key': `${key}:${o.value}` })
    input.checked = on.size ? on.has(o.value) : Boolean(o.on)
    return el('label', { class: 'tick' }, input, el('span', {}, plain(o.label), o.hint && el('small', {}, plain(o.hint))))
  }))
}

// searchable adds a search box over a long list, and arrow keys within it.
function searchable(list, options) {
  const entries = [...list.children]
  const control = e => e.matches('button') ? e : e.querySelector('input')
  list.addEventListener('keydown', event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step || event.target.type === 'radio') return
    const seen = entries.filter(e => !e.hidden).map(control)
    seen[(seen.indexOf(event.target) + step + seen.length) % seen.length]?.focus()
    event.preventDefault()
  })
  if (options.length <= many) return [list]
  list.classList.add('long')
  const text = options.map(o => fold(`${o.label} ${o.hint ?? ''} ${o.value}`))
  const none = el('p', { class: 'quiet', role: 'status' })
  const search = el('input', { type: 'search', class: 'search', 'data-key': 'search', 'aria-label': word('many_choices'), placeholder: word('many_choices') })
  const sift = () => {
    const wanted = fold(search.value).split(/\s+/).filter(Boolean)
    entries.forEach((e, i) => { e.hidden = !wanted.every(w => text[i].includes(w)) })
    none.textContent = entries.every(e => e.hidden) ? word('no_choice') : ''
  }
  search.addEventListener('input', sift)
  search.addEventListener('keydown', event => {
    const first = entries.find(e => !e.hidden)
    if (event.isComposing || !['Enter', 'ArrowDown'].includes(event.key)) return
    event.preventDefault()
    if (!first) return
    if (event.key === 'Enter' && search.value) control(first).click()
    else control(first).focus()
  })
  return [search, list, none]
}

// drawForm draws several fields that are sent together. introduced: the card has said what they are for.
export function drawForm(form, act, introduced) {
  const faults = form.fields.filter(f => f.fault)
  const fields = form.fields.map(drawField)
  const title = id()
  return el('form', {
    class: 'form', novalidate: true, 'aria-labelledby': title,
    onsubmit: event => {
      event.preventDefault()
      act.submit(form, Object.fromEntries(form.fields.map((f, i) => [f.id, valueOf(fields[i])])))
    },
  },
    el('h3', { id: title, dir: 'auto', class: introduced && 'unseen' }, plain(form.title)),
    faults.length > 0 && !introduced && el('p', { class: 'tone bad', role: 'alert' }, word('form_faults', { n: faults.length })),
    fields,
    el('div', { class: 'actions' }, el('button', { type: 'submit', class: 'primary', 'data-press': '', 'data-key': 'submit' }, plain(form.send || word('send')))))
}

// valueOf is what a field holds; several choices are separated by line breaks.
export const valueOf = field => field.querySelector('.ticks')
  ? [...field.querySelectorAll('.ticks input:checked')].map(c => c.value).join('\n')
  : field.querySelector('input, textarea').value

function drawField(f) {
  const key = `field:${f.id}`
  const [name, help, fault] = [id(), id(), id()]
  const label = [plain(f.label), f.optional && el('small', {}, ` (${word('optional')})`)]
  const below = [
    f.fault && el('p', { class: 'fault', id: fault, dir: 'auto' }, plain(f.fault)),
    (f.help || f.example) && el('p', { class: 'help', id: help, dir: 'auto' }, plain(f.help), f.help && f.example && ' ',
      f.example && el('span', { class: 'example' }, `${word('example')} `, el('code', {}, plain(f.example)))),
  ]
  const about = [f.fault && fault, (f.help || f.example) && help].filter(Boolean).join(' ') || undefined
  const state = { 'aria-invalid': f.fault ? 'true' : undefined, 'aria-describedby': about, 'aria-required': f.optional ? undefined : 'true' }
  const box = el('div', { class: f.fault ? 'field faulty' : 'field', 'data-field': f.id })
  box.addEventListener('input', event => { if (event.target.type !== 'search') box.dataset.dirty = '' })

  if (f.kind === 'one' || f.kind === 'many') {
    const list = drawTicks(f.kind === 'one' ? 'radio' : 'checkbox', id(), f.options ?? [], key, f.value)
    box.append(el('fieldset', { 'aria-describedby': about, 'aria-invalid': state['aria-invalid'] }, el('legend', { class: 'label', dir: 'auto' }, label), ...searchable(list, f.options ?? [])))
  } else {
    const input = drawInput(f, { id: name, name: f.id, 'data-key': key, ...state })
    box.append(el('label', { class: 'label', for: name, dir: 'auto' }, label), input, counter(f, input))
  }
  box.append(...below.filter(Boolean))
  return box
}

function drawInput(f, attrs) {
  if (f.kind === 'area') {
    const area = el('textarea', { rows: 4, dir: 'auto', ...attrs })
    area.value = f.value ?? ''
    return area
  }
  // A date that was typed some other way stays as it was typed: a date input would show nothing.
  const date = f.kind === 'date' && /^(\d{4}-\d{2}-\d{2})?$/.test(f.value ?? '')
  const input = el('input', { type: date ? 'date' : 'text', inputmode: f.kind === 'number' ? 'decimal' : undefined, dir: date ? undefined : 'auto', ...attrs })
  input.value = f.value ?? ''
  return input
}

// counter shows how long a text is once it comes near its limit. Nothing is cut off: the bot says what is too long.
function counter(f, input) {
  const count = el('span', { class: 'counter', role: 'status' })
  const recount = () => {
    const n = [...input.value].length
    count.textContent = f.max && n > f.max * 0.8 ? `${n} / ${f.max}` : ''
    count.classList.toggle('over', f.max > 0 && n > f.max)
  }
  input.addEventListener('input', recount)
  recount()
  return count
}

// fill writes into a field what a person had typed or ticked there.
export function fill(field, value) {
  field.dataset.dirty = ''
  if (!field.querySelector('.ticks')) { field.querySelector('input, textarea').value = value; return }
  const on = value.split('\n')
  for (const c of field.querySelectorAll('.ticks input')) c.checked = on.includes(c.value)
}

// ticked are the values of the ticks that are set within a node; tick sets these in a choice, as a person had.
export const ticked = node => [...node.querySelectorAll('input:checked')].map(c => c.value)
export function tick(choice, values) {
  choice.dataset.dirty = ''
  for (const c of choice.querySelectorAll('.ticks input')) c.checked = values.includes(c.value)
  choice.querySelector('.ticks').dispatchEvent(new Event('restored'))
}

// carry takes what a person has typed and not sent from an old drawing of a card to the new one.
export function carry(from, to) {
  for (const old of from.querySelectorAll('[data-field][data-dirty]')) {
    const now = to.querySelector(`[data-field="${CSS.escape(old.dataset.field)}"]`)
    if (now) fill(now, valueOf(old))
  }
  for (const old of from.querySelectorAll('[data-choice][data-dirty]')) {
    const now = to.querySelector(`[data-choice="${CSS.escape(old.dataset.choice)}"]`)
    if (now) tick(now, ticked(old))
  }
  const focus = from.contains(document.activeElement) && document.activeElement.dataset.key
  return () => { if (focus) to.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true }) }
}
