// What was typed or ticked and not sent when the page was left: by a reload, a link, the back button. It is kept in this tab only.

import { fill, tick, ticked, valueOf } from './controls.js'

const most = 300000 // characters that are kept

// keepDrafts puts back what is remembered, now that the log is drawn, and remembers it again whenever the page is left.
export function keepDrafts(room, text, log) {
  const store = `xiaobao-draft-${room}`

  function keep() {
    const cards = {}, ticks = {}
    for (const field of log.querySelectorAll('[data-order] [data-field][data-dirty]')) {
      (cards[field.closest('[data-order]').dataset.order] ??= {})[field.dataset.field] = valueOf(field)
    }
    for (const choice of log.querySelectorAll('[data-order] [data-choice][data-dirty]')) {
      (ticks[choice.closest('[data-order]').dataset.order] ??= {})[choice.dataset.choice] = ticked(choice)
    }
    try {
      const kept = JSON.stringify({ line: text.value, cards, ticks })
      if ((text.value || Object.keys(cards).length || Object.keys(ticks).length) && kept.length <= most) sessionStorage.setItem(store, kept)
      else sessionStorage.removeItem(store)
    } catch { /* a full or forbidden storage only means that a reload forgets */ }
  }

  try {
    const { line = '', cards = {}, ticks = {} } = JSON.parse(sessionStorage.getItem(store) ?? '{}')
    text.value ||= line
    for (const [order, fields] of Object.entries(cards)) {
      for (const [id, value] of Object.entries(fields)) {
        const field = log.querySelector(`[data-order="${CSS.escape(order)}"] [data-field="${CSS.escape(id)}"]`)
        if (field) fill(field, value)
      }
    }
    for (const [order, choices] of Object.entries(ticks)) {
      for (const [id, values] of Object.entries(choices)) {
        const choice = log.querySelector(`[data-order="${CSS.escape(order)}"] [data-choice="${CSS.escape(id)}"]`)
        if (choice) tick(choice, values)
      }
    }
  } catch { /* nothing kept, or nothing readable */ }
  addEventListener('pagehide', keep)
  document.addEventListener('visibilitychange', () => { if (document.hidden) keep() })
}
