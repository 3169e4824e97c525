// Making elements, and the page's own words. Text from anywhere is only ever put in as text: nothing here parses markup.

const all = JSON.parse(document.getElementById('words').textContent)
let lang = document.documentElement.lang in all ? document.documentElement.lang : 'en'

export const language = () => lang

// speak changes the language of the page's own words.
export function speak(next) {
  if (!(next in all)) return false
  lang = next
  document.documentElement.lang = next
  document.title = word('title')
  for (const e of document.querySelectorAll('[data-word]')) e.textContent = word(e.dataset.word)
  for (const e of document.querySelectorAll('[data-word-label]')) {
    e.setAttribute('aria-label', word(e.dataset.wordLabel))
    if (e.matches('button')) e.title = word(e.dataset.wordLabel)
  }
  for (const e of document.querySelectorAll('[data-word-hint]')) e.placeholder = word(e.dataset.wordHint)
  return true
}

// word is one of the page's words, with its holes filled.
export const word = (name, holes = {}) =>
  (all[lang][name] ?? name).replace(/\{(\w+)\}/g, (_, hole) => holes[hole] ?? '')

// el makes an element: el('p', {class: 'quiet', onclick: f}, 'text', child, null).
export function el(tag, attrs = {}, ...children) {
  const e = document.createElement(tag)
  for (const [name, value] of Object.entries(attrs)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value)
    else e.setAttribute(name, value === true ? '' : value)
  }
  e.append(...children.flat(Infinity).filter(c => c !== null && c !== undefined && c !== false))
  return e
}

// plain is text from somewhere else, without control characters and those that turn the direction of what follows.
export const plain = text => String(text ?? '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')

// prose is text whose direction is its own and whose line breaks count; an empty line begins a new paragraph.
export function prose(text, attrs = {}) {
  return plain(text).split(/\n[ \t]*\n+/).filter(p => p.trim())
    .map(p => el('p', { dir: 'auto', ...attrs }, p.trim()))
}

// drawn is one of the small drawings, by its path.
export function drawn(path, cls = '') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 20 20')
  svg.setAttribute('aria-hidden', 'true')
  if (cls) svg.setAttribute('class', cls)
  const p = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  p.setAttribute('d', path)
  svg.append(p)
  return svg
}

export const drawings = {
  done: 'm5.5 10.5 3 3 6-7',
  active: 'M10 6v4l2.5 1.5',
  waiting: 'M6.5 5h7M6.5 15h7M7.5 5c0 3 5 4 5 10M12.5 5c0 3-5 4-5 10',
  skipped: 'm6.5 6 4 4-4 4m4-8 4 4-4 4',
  missing: 'M10 5.5v5.5m0 3v.2',
  open: '',
  file: 'M6 2.5h5.5l3.5 3.5v11.5H6zM11.5 2.5V6H15',
  down: 'M10 3.5v9m-4-4 4 4 4-4M4 16.5h12',
  copy: 'M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4',
  out: 'M8 4.5H4.5v11h11V12M11.5 4h4.5v4.5M15.5 4.5 9.5 10.5',
  good: 'm5.5 10.5 3 3 6-7',
  warn: 'M10 5.5v5.5m0 3v.2',
  bad: 'm6 6 8 8m0-8-8 8',
}

// web says whether an address is one we are willing to open.
export function web(address) {
  try { return ['https:', 'http:'].includes(new URL(address).protocol) } catch { return false }
}

export function drawLink(address, label, cls = 'link') {
  return el('a', { class: cls, href: address, target: '_blank', rel: 'noopener noreferrer', title: new URL(address).host },
    plain(label), drawn(drawings.out), el('span', { class: 'unseen' }, ` (${word('opens')})`))
}

// when shows a moment as a time of day, with the day when it is not today.
export function when(at) {
  const t = new Date(at)
  const time = t.toLocaleTimeString(lang, { hour: '2-digit', minute: '2-digit' })
  const day = days(t)
  return day ? `${day} ${time}` : time
}

function days(t) {
  const midnight = new Date(); midnight.setHours(0, 0, 0, 0)
  if (t >= midnight) return ''
  if (t >= midnight - 86400000) return word('yesterday')
  const year = t.getFullYear() === midnight.getFullYear() ? {} : { year: 'numeric' }
  return t.toLocaleDateString(lang, { month: 'short', day: 'numeric', ...year })
}

// size shows a number of bytes.
export function size(n) {
  if (n < 1000) return `${n} B`
  if (n < 1000000) return `${Math.round(n / 1000)} KB`
  return `${(n / 1000000).toFixed(1)} MB`
}

// fold makes text comparable in a search: no case, no full width.
export const fold = text => plain(text).normalize('NFKC').toLowerCase()

// makeID is an id that nobody else makes. (crypto.randomUUID is missing where the page is not served securely.)
export function makeID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('')
}

export function setCookie(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=34560000; samesite=strict`
}
