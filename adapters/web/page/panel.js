// The side panel: the ten steps and where they stand. On a narrow page it is a drawer.

import { drawProgress } from './card.js'
import { drawActions } from './controls.js'
import { el, plain, prose, word } from './dom.js'

const $ = id => document.getElementById(id)
const narrow = matchMedia('(max-width: 860px)')

// drawSpine draws the card whose key is "spine".
export function drawSpine(entry, act) {
  if (!entry) {
    $('panel-count').textContent = ''
    $('spine').replaceChildren(el('p', { class: 'quiet' }, word('steps_none')))
    return
  }
  const m = entry.message
  const focus = $('spine').contains(document.activeElement) && document.activeElement.dataset.key
  const go = { ...act, open: id => { openPanel(false); act.open(id) }, press: (a, values, button) => { openPanel(false); act.press(a, values, button) } }
  const steps = m.blocks?.find(b => b.kind === 'progress')
  const parts = steps ? [drawSteps(steps.items ?? [], go)] : prose(m.text)
  if (m.actions?.length) parts.push(drawActions(m.actions, go))
  const box = el('div', { lang: m.lang }, parts)
  if (entry.other) {
    box.prepend(el('p', { class: 'chip', dir: 'auto' }, word('for', { name: plain(entry.other) })))
    for (const b of box.querySelectorAll('button')) b.disabled = true
  }
  $('spine').replaceChildren(box)
  if (focus) $('spine').querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true })
}

function drawSteps(items, act) {
  const done = items.filter(i => i.mark === 'done').length
  $('panel-count').textContent = `${done}/${items.length}`
  const bar = el('progress', { max: items.length || 1, value: done, 'aria-hidden': 'true' })
  return el('div', {}, el('p', { class: 'quiet count' }, word('steps_of', { done, all: items.length })), bar, drawProgress(items, act))
}

// openPanel opens or closes the drawer. It does nothing where the panel is always there.
export function openPanel(open) {
  const now = open && narrow.matches
  if (now === document.body.classList.contains('drawer')) return
  document.body.classList.toggle('drawer', now)
  $('veil').hidden = !now
  $('panel-open').setAttribute('aria-expanded', String(now))
  $('main').inert = now
  if (now) $('panel-close').focus()
  else if (narrow.matches) $('panel-open').focus()
}

$('panel-open').addEventListener('click', () => openPanel(true))
$('panel-close').addEventListener('click', () => openPanel(false))
$('veil').addEventListener('click', () => openPanel(false))
narrow.addEventListener('change', () => openPanel(false))
