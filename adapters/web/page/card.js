// One message of the bot as a card: its blocks. What can be pressed or filled in is drawn by controls.js.

import { drawActions, drawForm } from './controls.js'
import { drawLink, drawn, drawings, el, plain, prose, size, web, word } from './dom.js'

// drawCard draws entry.message. act is what its controls do: {press(action, values), submit(form, fields), open(id)}.
export function drawCard(entry, act) {
  const m = entry.message
  const files = new Map((entry.files ?? []).map(f => [f.block, f]))
  const text = m.text === m.form?.title ? '' : m.text // a form says it itself
  const blocks = m.blocks?.length ? m.blocks.map((b, i) => drawBlock(b, files.get(i), act)) : prose(text)
  const card = el('article', { class: 'card', lang: m.lang }, blocks)
  if (m.notify === 'urgent') card.classList.add('urgent')
  if (m.form) card.append(drawForm(m.form, act, blocks.length > 0))
  if (m.expect) ask(card)
  if (m.actions?.length) card.append(drawActions(m.actions, act))
  return card
}

// ask makes the question stand out: the last paragraph, when it is short enough for that.
function ask(card) {
  const last = [...card.children].findLast(e => e.matches('p:not(.note)'))
  if (last?.textContent.length <= 90) last.classList.add('question')
}

function drawBlock(b, file, act) {
  switch (b.kind) {
    case 'heading': return el('h3', { dir: 'auto' }, plain(b.text))
    case 'paragraph': return drawParagraph(b)
    case 'facts': return drawFacts(b.facts ?? [])
    case 'list': return drawList(b.items ?? [])
    case 'table': return b.table && drawTable(b.table)
    case 'paste': return drawPaste(b.text)
    case 'note': return drawNote(b)
    case 'file': return file && drawFile(b.file, file)
    case 'picture': return file && drawPicture(b, file)
    case 'progress': return drawProgress(b.items ?? [], act)
    case 'divider': return el('hr')
  }
  return prose(b.text) // a kind this page does not know yet
}

function drawParagraph(b) {
  if (!b.tone) return prose(b.text)
  return el('div', { class: `tone ${b.tone}` },
    drawn(drawings[b.tone] ?? '', 'sign'), el('span', { class: 'unseen' }, word(`tone_${b.tone}`) + ' '), el('div', {}, prose(b.text)))
}

function drawFacts(facts) {
  return el('dl', { class: 'facts' }, facts.map(f =>
    el('div', {}, el('dt', { dir: 'auto' }, plain(f.label)), el('dd', { dir: 'auto' }, plain(f.value)))))
}

function drawList(items) {
  const checks = items.some(i => i.mark)
  return el('ul', { class: checks ? 'checks' : 'bullets' }, items.map(i =>
    el('li', { class: i.mark }, checks && drawMark(i.mark), el('span', { dir: 'auto' }, plain(i.text)), checks && i.mark && spoken(itemWord(i.mark)))))
}

const itemWord = mark => word(mark === 'open' || mark === 'done' ? `item_${mark}` : `mark_${mark}`)
const spoken = text => el('span', { class: 'unseen' }, ` (${text})`)
const drawMark = mark => el('span', { class: `mark ${mark ?? ''}` }, drawn(drawings[mark] ?? ''))

function drawTable(t) {
  const number = t.head.map((_, i) => t.rows.length > 0 && t.rows.every(r => /^[\s\d.,%+\-−–~≈¥$€£]*\d[\s\d.,%¥$€£]*(?:[A-Z]{3}|kg|lb|cm|in|m³|%)?$/.test(r[i] ?? '')))
  const cell = (tag, text, i) => el(tag, { dir: 'auto', class: number[i] && 'number', scope: tag === 'th' && 'col' }, plain(text))
  return el('div', { class: 'table', tabindex: 0, role: 'group', 'aria-label': t.head.map(plain).join(', ') },
    el('table', {},
      el('thead', {}, el('tr', {}, t.head.map((h, i) => cell('th', h, i)))),
      el('tbody', {}, t.rows.map(r => el('tr', {}, r.map((c, i) => cell('td', c, i)))))))
}

function drawPaste(text) {
  const pre = el('pre', { tabindex: 0, dir: 'auto' }, plain(text))
  const name = el('span', {}, word('copy'))
  const button = el('button', { type: 'button', class: 'small', 'data-key': 'copy' }, drawn(drawings.copy), name)
  button.addEventListener('click', async () => {
    name.textContent = word(await copy(plain(text), pre) ? 'copied' : 'copy_failed')
    document.getElementById('said').textContent = name.textContent
    setTimeout(() => { name.textContent = word('copy') }, 2500)
  })
  return el('div', { class: 'paste' }, button, pre)
}

// copy puts text on the clipboard; where the browser forbids it (a page that is not served securely) the old way is tried.
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const range = document.createRange()
    range.selectNodeContents(shown)
    getSelection().removeAllRanges()
    getSelection().addRange(range)
    try { return document.execCommand('copy') } catch { return false }
  }
}

function drawNote(b) {
  const p = el('p', { class: 'note', dir: 'auto' }, plain(b.text))
  if (web(b.link)) p.append(' ', drawLink(b.link, word('source')))
  return p
}

function drawFile(doc, f) {
  return el('a', { class: 'file', href: f.url, download: doc.name, 'data-key': `file:${f.block}` },
    drawn(drawings.file),
    el('span', { class: 'file-name' }, el('b', {}, plain(doc.name)), el('span', { dir: 'auto' }, [plain(doc.note), size(f.size)].filter(Boolean).join(' · '))),
    drawn(drawings.down), el('span', { class: 'unseen' }, word('download')))
}

// drawPicture shows a picture: the drawing where there is one, because it is sharp and has the colours of a dark page. What it shows
// is told to whoever cannot see it, and shown instead when it does not come.
function drawPicture(b, f) {
  const img = el('img', { src: f.drawn || f.url, alt: plain(b.text), loading: 'lazy' })
  const figure = el('figure', { class: 'picture' }, img)
  img.addEventListener('error', () => { figure.replaceChildren(...prose(b.text)) })
  const name = plain(b.file?.name ?? b.drawn?.name)
  figure.append(el('figcaption', { dir: 'auto' }, plain(b.text).split('\n')[0], ' · ', el('a', { href: f.url || f.drawn, download: name, 'data-key': `picture:${f.block}` }, name)))
  return figure
}

// drawProgress draws the ten steps; those with an id are buttons that open them. Of several that are being worked on, one is
// the one the person is in.
export function drawProgress(items, act) {
  return el('ol', { class: 'steps' }, items.map((item, i) => {
    const mark = item.mark || 'open'
    const text = plain(item.text).replace(/^\d+[.、．]\s*/, '') // the ring has the number
    const inside = [
      el('span', { class: `ring ${mark}` }, mark === 'open' || mark === 'active' ? String(i + 1) : drawn(drawings[mark])),
      el('span', { class: 'step-text' }, el('span', { dir: 'auto' }, text), mark !== 'open' && el('small', {}, word(`mark_${mark}`)), mark === 'open' && spoken(word('mark_open')))]
    const now = item.here ? 'step' : undefined
    return el('li', { class: mark }, item.id && act.open
      ? el('button', { type: 'button', class: 'step', 'aria-current': now, 'data-key': `open:${item.id}`, onclick: () => act.open(item.id) }, inside)
      : el('span', { class: 'step', 'aria-current': now }, inside))
  }))
}
