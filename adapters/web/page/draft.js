// What was typed and not sent when the page was left: by a reload, a link, the back button. It is kept in this tab only.

import { fill, valueOf } from './controls.js'

const most = 300000 // characters that are kept

// keepDrafts puts back what is remembered, now that the log is drawn, and remembers it again whenever the page is left.
export function keepDrafts(room, text, log) {
  const store = `xiaobao-draft-${room}`

  function keep() {
    const cards = {}
    for (const field of log.querySelectorAll('[data-order] [data-field][data-dirty]')) {
      (cards[field.closest('[data-order]').dataset.order] ??= {})[field.dataset.field] = valueOf(field)
    }
    try {
      const kept = JSON.stringify({ line: text.value, cards })
      if ((text.value || Object.keys(cards).length) && kept.length <= most) sessionStorage.setItem(store, kept)
      else sessionStorage.removeItem(store)
    } catch { /* a full or forbidden storage only means that a reload forgets */ }
  }

  try {
    const { line = '', cards = {} } = JSON.parse(sessionStorage.getItem(store) ?? '{}')
    text.value ||= line
    for (const [order, fields] of Object.entries(cards)) {
      for (const [id, value] of Object.entries(fields)) {
        const field = log.querySelector(`[data-order="${CSS.escape(order)}"] [data-field="${CSS.escape(id)}"]`)
        if (field) fill(field, value)
      }
    }
  } catch { /* nothing kept, or nothing readable */ }
  addEventListener('pagehide', keep)
  document.addEventListener('visibilitychange', () => { if (document.hidden) keep() })
}
