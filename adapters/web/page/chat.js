// The page: what the log holds, drawn; what the person does, sent; and the line to the server in between.

import { drawCard, copy } from './card.js'
import { carry } from './controls.js'
import { keepDrafts } from './draft.js'
import { el, language, plain, prose, setCookie, size, speak, when, word } from './dom.js'
import { handleKeys } from './keys.js'
import { Outbox } from './outbox.js'
import { drawSpine, openPanel } from './panel.js'
import { connect } from './stream.js'

const $ = id => document.getElementById(id)
const room = document.body.dataset.room
const log = $('log'), pending = $('pending'), scroll = $('scroll'), text = $('text')

const shown = new Map() // entries by their place in the log: {entry, node}
const unsaid = [] // what was sent and is not in the log yet: {item, acked}
const settling = new Set() // cards that were answered and not replaced yet
let loaded = false, unread = 0, spine = null, submitted = false
let turn = null, turnAt = 0, touched = false // what came since the person did something, and whether they scrolled since

// ---- what comes in

// take draws what is new. Cards that are replaced keep their place, the focus and what was typed into them.
function take({ reset, entries }) {
  if (reset) { shown.clear(); log.replaceChildren(); spine = null }
  const first = !loaded
  loaded = true
  const near = first || !touched || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 140
  const focused = log.contains(document.activeElement)
  settling.clear()
  if (entries.some(e => e.message && !e.other)) for (const item of outbox.items) item.answered = true // the reply may be faster than the 204
  let news = null
  for (const entry of entries) {
    if (!first) heard(entry)
    if (entry.said && entry.mine) said(entry.said.text)
    if (entry.message && !entry.other) acknowledged()
    if (isSpine(entry)) { if (!entry.other || !spine || spine.other) spine = entry; continue }
    const isNew = !shown.has(entry.order)
    const node = put(entry)
    if (isNew && !(entry.said && entry.mine)) news ??= node
  }
  if (spine) follow(spine)
  panel()
  arrange()
  if (focused && document.activeElement === document.body) aim()
  if (first) { keepDrafts(room, text, log); grow() }
  if (first) show(live(), 'instant')
  else if (submitted && entries.some(e => !e.other && e.message?.form?.fields.some(f => f.fault))) mend()
  else if (near) show(sinceTurn(news))
  else if (news) $('down').hidden = false
}

// aim puts the focus where the next answer goes, when what had it is gone.
function aim() {
  const asked = prompt()?.entry.message
  if (asked?.expect === 'typed' && !asked.form && matchMedia('(pointer: fine)').matches) text.focus({ preventScroll: true })
  else live()?.focus({ preventScroll: true })
}

const isSpine = entry => entry.key === 'spine' || entry.key?.startsWith('spine:')

function put(entry) {
  const old = shown.get(entry.order)
  const node = draw(entry)
  shown.set(entry.order, { entry, node })
  if (old) {
    const focus = carry(old.node, node)
    node.classList.toggle('prompt', old.node.matches('.prompt')) // it stands at the end; arrange takes it back to its place
    old.node.replaceWith(node)
    focus()
    return node
  }
  node.classList.toggle('arriving', loaded)
  place(node)
  return node
}

// place puts a node where it belongs among the others. The prompt stands after all of them, wherever it began.
function place(node) {
  const before = [...log.children].findLast(n => n !== node && !n.matches('.prompt, .onward') && Number(n.dataset.order) < Number(node.dataset.order))
  if (before) before.after(node)
  else log.prepend(node)
}

function draw(entry) {
  const time = el('time', { datetime: entry.at }, when(entry.at))
  if (entry.said) {
    const name = entry.mine ? word('you') : plain(entry.said.name) || word('someone')
    return el('li', { class: entry.mine ? 'entry said mine' : 'entry said', 'data-order': entry.order, 'data-at': entry.at },
      time, el('span', { class: entry.mine ? 'unseen' : 'name', dir: 'auto' }, name), el('div', { class: 'bubble' }, prose(entry.said.text)))
  }
  const card = drawCard(entry, actions(entry))
  if (entry.other) {
    const name = word('for', { name: entry.other === '…' ? word('someone') : plain(entry.other) })
    card.prepend(el('p', { class: 'chip', dir: 'auto' }, name))
    for (const c of card.querySelectorAll('[data-press], .step, .form input, .form textarea, .choice input')) { c.disabled = true; c.title = name }
  }
  const closed = entry.key && entry.message.notify === 'silent' && !card.querySelector('.act, .form')
  return el('li', { class: closed ? 'entry told closed' : 'entry told', 'data-order': entry.order, 'data-at': entry.at, tabindex: -1, hidden: !card.childElementCount }, time, el('span', { class: 'unseen' }, word('bot')), card)
}

// arrange goes over the whole log after a change: where the prompt stands, which times are shown, what is on its way.
function arrange() {
  const now = prompt()
  for (const { node } of shown.values()) {
    const is = node === now?.node
    if (is === node.classList.contains('prompt')) continue
    node.classList.toggle('prompt', is)
    if (!is) place(node)
  }
  if (now && log.lastElementChild !== now.node) log.append(now.node)
  drawOnward(now)
  welcome()
  let before = 0
  for (const node of log.children) {
    const at = Date.parse(node.dataset.at)
    node.classList.toggle('later', at - before > 10 * 60000)
    before = Math.max(before, at || 0)
  }
  log.querySelectorAll('[data-n]').forEach(b => delete b.dataset.n)
  log.querySelector('.live')?.classList.remove('live')
  live()?.classList.add('live')
  numbered().forEach((b, i) => { b.dataset.n = i + 1 })
  for (const { entry, node } of shown.values()) {
    const card = node.querySelector('.card'), busy = outbox.busy(entry.order)
    if (busy) card?.setAttribute('aria-busy', 'true')
    else card?.removeAttribute('aria-busy')
    if (!busy) card?.querySelectorAll('.pressed').forEach(b => b.classList.remove('pressed'))
  }
  drawPending()
}

// prompt is the card that waits for this person's answer.
function prompt() {
  let found = null
  for (const record of shown.values()) {
    if (record.entry.message?.expect && !record.entry.other && record.entry.order > (found?.entry.order ?? -1)) found = record
  }
  return found
}

// drawOnward offers the way on when nothing is being asked: what the card of the ten steps says.
function drawOnward(asked) {
  const there = log.querySelector('.onward')
  if (asked || !spine || spine.other || !spine.message.actions?.length) return there?.remove()
  const { text, actions: offered, lang } = spine.message
  const node = el('li', { class: 'entry told onward', tabindex: -1 }, drawCard({ message: { text, actions: offered, lang } }, actions(spine)))
  if (there) { const focus = carry(there, node); there.replaceWith(node); focus() }
  log.append(node)
}

// live is the card that the keys and the focus go to: the prompt, or the way on, or the last one with something to press.
const live = () => prompt()?.node ?? log.querySelector('.onward') ?? [...log.querySelectorAll('[data-press]:not(:disabled)')].at(-1)?.closest('.entry, .welcome')

// numbered are the first nine things to press on the live card, in order: the keys 1 to 9.
const numbered = () => [...live()?.querySelectorAll('[data-press]') ?? []].filter(b => !b.closest('.long, [hidden]')).slice(0, 9)

// mend leads to the first thing that is wrong in the form that was just sent.
function mend() {
  submitted = false
  const input = live()?.querySelector('.faulty :is(input, textarea)')
  input?.focus({ preventScroll: true })
  input?.closest('.field').scrollIntoView({ block: 'center', behavior: calm() ? 'instant' : 'smooth' })
}

// show scrolls to the end, but not past the beginning of node: what is long is read from its beginning.
function show(node, behavior = 'smooth') {
  $('down').hidden = true
  const top = node ? node.offsetTop - 20 : Infinity
  scroll.scrollTo({ top: Math.min(top, scroll.scrollHeight), behavior: calm() ? 'instant' : behavior })
}

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches

// sinceTurn is the first of what came in answer to what the person did last; it comes in several parts.
function sinceTurn(news) {
  if (Date.now() - turnAt > 3000 || !turn?.isConnected) turn = null
  turnAt = Date.now()
  return turn ??= news
}

// heard tells those who do not look: a screen reader, or the title of a page in the background.
function heard(entry) {
  const m = entry.message
  if (!m || isSpine(entry) || m.notify === 'silent') return
  const line = plain(m.text || (m.blocks ?? []).map(b => b.text).filter(Boolean).join(' '))
  $(m.notify === 'urgent' ? 'called' : 'said').textContent = (m.notify === 'urgent' ? word('urgent') + ' ' : '') + line
  if (document.hidden) document.title = `(${++unread}) ${word('title')}`
}

function panel() {
  drawSpine(spine, spine && { ...actions(spine), open: id => send({ kind: 'press', action: 'open', token: '', values: [id] }, spine.order) })
}

// follow makes the page speak the language the bot speaks to this person.
function follow(entry) {
  const lang = entry.message?.lang
  if (entry.other || !lang || lang === language() || outbox.items.some(i => i.body.action === 'language')) return
  if (speak(lang)) { setCookie('xiaobao_lang', lang); redraw() }
}

function redraw() {
  for (const { entry } of shown.values()) put(entry)
  for (const b of $('langs').children) b.setAttribute('aria-pressed', String(b.dataset.lang === language()))
  $('who-name').textContent = plain(document.body.dataset.name) || word('name_none')
  panel()
  arrange()
}

// ---- what goes out

const outbox = new Outbox(room, {
  change: () => { if (loaded) arrange() },
  sent(item) {
    if (item.order && !item.answered) { settling.add(item.order); setTimeout(() => settling.delete(item.order), 1500) }
    const mine = unsaid.find(u => u.item === item)
    if (mine) mine.acked = true
    arrange()
  },
  refused(item, message) {
    unsaid.splice(0, unsaid.length, ...unsaid.filter(u => u.item !== item))
    complain(message)
    if (item.body.kind === 'text') giveBack(item)
    arrange()
  },
})
for (const item of outbox.items) expect(item)

function send(body, order = 0, button = null) {
  if (order && (outbox.busy(order) || settling.has(order))) return null
  button?.classList.add('pressed')
  $('refused').hidden = true
  turn = null
  touched = false
  const item = outbox.add(body, order)
  expect(item)
  arrange()
  if (unsaid.at(-1)?.item === item) show(null)
  return item
}

function expect(item) {
  if (item.body.kind === 'text' || item.body.kind === 'file') unsaid.push({ item, acked: false })
}

// said takes away what the bot has echoed: the line itself and all before it, or, when it was masked, the oldest one.
function said(line) {
  const i = unsaid.findIndex(u => (u.item.body.text ?? '').trim() === line.trim())
  unsaid.splice(0, i + 1 || (unsaid[0]?.acked || unsaid[0]?.item.state === 'sending' ? 1 : 0))
}

// acknowledged takes away what has been answered without being echoed.
function acknowledged() {
  while (unsaid[0]?.acked) unsaid.shift()
}

function actions(entry) {
  return {
    async press(a, values, button) {
      if (a.confirm && !await ask({ title: a.confirm, yes: a.label })) return
      send({ kind: 'press', token: a.token ?? '', action: a.id, values }, entry.order, button)
    },
    submit(form, fields) {
      const node = shown.get(entry.order)?.node
      if (!send({ kind: 'submit', token: form.token, fields }, entry.order, node?.querySelector('[type=submit]'))) return
      submitted = true
      node?.querySelectorAll('[data-dirty]').forEach(f => delete f.dataset.dirty) // from here on the bot's word counts
    },
    open: id => send({ kind: 'press', action: 'open', token: '', values: [id] }, entry.order),
  }
}

function drawPending() {
  pending.replaceChildren(...unsaid.map(({ item, acked }) => {
    const late = item.state === 'waiting'
    const line = item.body.kind === 'file' ? `${item.body.name} · ${size(item.body.data.length * 3 / 4)}` : item.body.text
    return el('li', { class: late ? 'entry said mine late' : 'entry said mine going' },
      el('div', { class: 'bubble' }, prose(line)),
      el('p', { class: 'state' }, late ? item.message || word('waiting') : acked ? '' : word('sending'),
        late && el('button', { type: 'button', class: 'small', onclick: () => outbox.hurry() }, word('again')),
        late && item.body.kind === 'text' && el('button', { type: 'button', class: 'small', onclick: () => takeBack(item) }, word('take_back'))))
  }))
}

function takeBack(item) {
  unsaid.splice(0, unsaid.length, ...unsaid.filter(u => u.item !== item))
  outbox.take(item)
  giveBack(item)
}

function giveBack(item) {
  text.value = [item.body.text, text.value].filter(Boolean).join('\n')
  grow()
  text.focus()
}

function complain(message) {
  $('refused').textContent = message
  $('refused').hidden = false
}

// ---- the first screen

function welcome() {
  const empty = loaded && !shown.size && !outbox.items.length && !unsaid.length
  const there = log.querySelector('.welcome')
  if (!empty) return there?.remove()
  const choose = (lang, name) => el('button', {
    type: 'button', lang, class: lang === language() ? 'primary' : undefined, 'data-press': '', onclick: () => begin(lang),
  }, name)
  const screen = el('li', { class: 'welcome', tabindex: -1 },
    el('img', { src: document.querySelector('.brand img').src, alt: '', width: 72, height: 72 }),
    el('h1', {}, word('welcome')), el('p', {}, word('welcome_what')), el('p', {}, word('welcome_never')), el('p', {}, word('welcome_first')),
    el('div', { class: 'actions' }, choose('zh-Hans', '中文'), choose('en', 'English')))
  if (there) there.replaceWith(screen)
  else log.append(screen)
}

function begin(lang) {
  setCookie('xiaobao_lang', lang)
  speak(lang)
  send({ kind: 'press', action: 'hello', token: '', values: [] })
  redraw()
}

// ---- the head of the page

function chooseLanguage(lang) {
  setCookie('xiaobao_lang', lang)
  speak(lang)
  if (shown.size) send({ kind: 'press', action: 'language', token: '', values: [lang] })
  redraw()
}

async function askName() {
  const name = await ask({ title: word('name'), body: word('name_help'), yes: word('save'), value: document.body.dataset.name })
  if (name === null) return
  document.body.dataset.name = name.trim()
  setCookie('xiaobao_name', name.trim())
  redraw()
}

async function share() {
  const link = location.origin + location.pathname
  $('unseen-link').textContent = link
  const done = await copy(link, $('unseen-link'))
  $('unseen-link').textContent = ''
  await ask({ title: word('share'), body: word(done ? 'share_copied' : 'share_help'), value: link, yes: word('yes'), fixed: true })
}

function switchTheme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme = dark ? 'light' : 'dark'
  setCookie('xiaobao_theme', dark ? 'light' : 'dark')
}

// ask shows the dialog: a question, or one line to fill in. null: thought better of it.
function ask({ title, body = '', yes, value, fixed = false }) {
  const dialog = $('dialog'), input = $('dialog-input')
  $('dialog-title').textContent = plain(title)
  $('dialog-text').textContent = body
  $('dialog-yes').textContent = plain(yes)
  $('dialog-no').textContent = word('cancel')
  $('dialog-no').hidden = fixed
  input.hidden = value === undefined
  input.readOnly = fixed
  input.maxLength = fixed ? 2000 : 40
  input.value = value ?? ''
  dialog.returnValue = ''
  dialog.showModal()
  if (!input.hidden) input.select()
  return new Promise(resolve => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes' ? (input.hidden ? true : input.value) : null), { once: true })
  })
}

// ---- the composer

function grow() {
  text.style.height = 'auto'
  text.style.height = `${Math.min(text.scrollHeight, innerHeight * 0.4)}px`
}

function sendText() {
  const line = text.value
  if (!line.trim()) return
  if (new Blob([JSON.stringify(line)]).size > 1040000) return complain(word('error_large'))
  text.value = ''
  grow()
  send({ kind: 'text', text: line })
}

// sendFiles sends one after the other. What is said about one that is too large stays when the others are on their way.
async function sendFiles(files) {
  for (const file of files) if (file.size <= 700000) await sendFile(file)
  const large = files.filter(f => f.size > 700000).map(f => plain(f.name))
  if (large.length) complain(files.length > 1 ? `${large.join(', ')}: ${word('error_file')}` : word('error_file'))
}

async function sendFile(file) {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let data = ''
  for (let i = 0; i < bytes.length; i += 32768) data += String.fromCharCode(...bytes.subarray(i, i + 32768))
  send({ kind: 'file', name: file.name, type: file.type, data: btoa(data) })
}

$('composer').addEventListener('submit', event => { event.preventDefault(); sendText() })
text.addEventListener('input', () => { grow(); $('refused').hidden = true })
text.addEventListener('paste', event => {
  const files = [...event.clipboardData.files]
  if (files.length) { event.preventDefault(); sendFiles(files) }
})
$('attach').addEventListener('click', () => $('file').click())
$('file').addEventListener('change', () => { sendFiles([...$('file').files]); $('file').value = '' })

// A file may be dropped anywhere: beside the conversation, the browser would open it and leave the page.
const carriesFiles = event => [...event.dataTransfer?.types ?? []].includes('Files')
const dropping = is => $('composer').classList.toggle('dropping', is)
document.addEventListener('dragover', event => { if (carriesFiles(event)) { event.preventDefault(); dropping(true) } })
document.addEventListener('dragleave', event => { if (!event.relatedTarget) dropping(false) })
document.addEventListener('drop', event => {
  dropping(false)
  if (!carriesFiles(event)) return
  event.preventDefault()
  if (!$('dialog').open) sendFiles([...event.dataTransfer.files])
})

$('langs').addEventListener('click', event => {
  const lang = event.target.closest('[data-lang]')?.dataset.lang
  if (lang) chooseLanguage(lang)
})
$('who').addEventListener('click', askName)
$('share').addEventListener('click', share)
$('theme').addEventListener('click', switchTheme)
$('down').addEventListener('click', () => show(null))
scroll.addEventListener('scroll', () => {
  if (scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60) $('down').hidden = true
}, { passive: true })
for (const kind of ['wheel', 'touchmove']) scroll.addEventListener(kind, () => { touched = true }, { passive: true })
scroll.addEventListener('pointerdown', event => { touched ||= event.target === scroll }) // the scroll bar
scroll.addEventListener('keydown', event => { touched ||= ['PageUp', 'Home', 'ArrowUp'].includes(event.key) })
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) { unread = 0; document.title = word('title') }
})

handleKeys({ text, send: sendText, numbered, back: () => (live() ?? $('main')).focus({ preventScroll: true }), closePanel: () => openPanel(false) })
speak(language())
redraw()
connect(room, { take, again: () => outbox.hurry() })
outbox.next()
