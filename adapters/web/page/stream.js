// The line from the server. It is opened again whenever it breaks, from where it left off.

import { word } from './dom.js'

const dot = document.getElementById('dot'), banner = document.getElementById('banner')

// connect keeps the line open. on.take(batch) for what changed; on.again() when the server is back.
export function connect(room, on) {
  let source = null, mark = '', tries = 0, timer = 0, away = 0, resting = false, hidden = 0

  function open() {
    clearTimeout(timer)
    source?.close()
    resting = false
    source = new EventSource(`/r/${room}/events?after=${mark}`)
    source.addEventListener('entries', event => {
      mark = event.lastEventId
      here()
      on.take(JSON.parse(event.data))
      document.documentElement.dataset.mark = mark // how far the page has come, for whoever asks
    })
    source.addEventListener('rest', rest)
    source.onopen = here
    source.onerror = () => {
      source.close()
      if (resting) return
      dot.className = 'dot away'
      away ||= setTimeout(() => tell('away'), 1200)
      timer = setTimeout(open, Math.min(5000, 300 * 2 ** tries++) * (0.75 + Math.random() / 2))
    }
  }

  function here() {
    const was = tries > 0
    tries = 0
    clearTimeout(away)
    away = 0
    dot.className = 'dot here'
    if (!was) return
    if (!banner.hidden) { tell('back'); setTimeout(() => tell(''), 2500) }
    on.again()
  }

  // rest: this browser has many pages open, and this is the one that was opened first.
  function rest() {
    resting = true
    source.close()
    dot.className = 'dot'
    tell('rest')
  }

  addEventListener('online', () => { tries ||= 1; open() })
  addEventListener('focus', () => { if (resting) { tell(''); open() } })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { hidden = Date.now(); return }
    if (resting || Date.now() - hidden > 30000) { if (resting) tell(''); open() } // asleep meanwhile, perhaps without noticing
  })
  banner.addEventListener('click', () => { if (resting) { tell(''); open() } })
  open()
}

function tell(name) {
  banner.hidden = !name
  banner.className = `banner ${name}`
  banner.textContent = name && word(name)
}
