// What the person did and the bot does not have yet. One thing is sent at a time, in order, and keeps its id until the
// server says 204, however often it has to be sent: the bot applies one id once. What is waiting survives a reload.

import { makeID, word } from './dom.js'

const longest = 8000 // milliseconds between two tries
const remembered = 300000 // characters that are kept over a reload

export class Outbox {
  // on.change() after every change; on.sent(item) when the bot has it; on.refused(item, message) when it will not take it.
  constructor(room, on) {
    this.url = `/r/${room}/in`
    this.store = `xiaobao-outbox-${room}`
    this.on = on
    this.items = []
    this.timer = 0
    try {
      for (const item of JSON.parse(sessionStorage.getItem(this.store) ?? '[]')) this.items.push({ ...item, state: 'waiting' })
    } catch { /* nothing kept, or nothing readable */ }
  }

  // add puts something at the end of the queue. order is the card it belongs to.
  add(body, order = 0) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? ''
    const item = { id: makeID(), body: { ...body, zone }, order, state: 'sending', tries: 0, at: new Date().toISOString() }
    this.items.push(item)
    this.changed()
    this.next()
    return item
  }

  // take gives a waiting item back and forgets it.
  take(item) {
    this.items = this.items.filter(i => i !== item)
    this.changed()
    this.next()
  }

  // hurry tries again now: the server is back, or the person asked.
  hurry() {
    clearTimeout(this.timer)
    this.timer = 0
    this.next()
  }

  busy(order) { return this.items.some(i => i.order === order) }

  async next() {
    if (this.running || this.timer || !this.items.length) return
    this.running = true
    const item = this.items[0]
    item.state = 'sending'
    this.changed()
    const { status, message } = await this.post(item)
    this.running = false
    const mine = this.items[0] === item // it may have been taken back meanwhile
    if (status === 204) {
      if (mine) this.items.shift()
      this.changed()
      this.on.sent(item)
    } else if (status >= 400 && status < 500) {
      if (mine) this.items.shift()
      this.changed()
      this.on.refused(item, message || word('error_bad'))
    } else if (mine) {
      item.state = 'waiting'
      item.message = message
      item.tries++
      this.timer = setTimeout(() => this.hurry(), Math.min(longest, 500 * 2 ** item.tries) * (0.75 + Math.random() / 2))
      this.changed()
      return
    }
    this.next()
  }

  async post(item) {
    try {
      const r = await fetch(this.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ id: item.id, ...item.body }),
        signal: AbortSignal.timeout(60000),
      })
      if (r.status === 204) return { status: 204 }
      const { message, ref } = await r.json().catch(() => ({}))
      return { status: r.status, message: ref ? `${message} (${word('error_ref', { ref })})` : message }
    } catch {
      return { status: 0 } // no answer: it may or may not have arrived, so the id stays the same
    }
  }

  changed() {
    try {
      const kept = JSON.stringify(this.items)
      if (!this.items.length) sessionStorage.removeItem(this.store)
      else if (kept.length <= remembered) sessionStorage.setItem(this.store, kept)
    } catch { /* a full or forbidden storage only means that a reload forgets */ }
    this.on.change()
  }
}
