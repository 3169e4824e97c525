// The keyboard: everything can be reached with Tab; these are the short ways.

// handleKeys listens. text is the composer; numbered() what the keys 1 to 9 press; back() leaves the composer.
export function handleKeys({ text, send, numbered, back, closePanel }) {
  text.addEventListener('keydown', event => {
    // While Chinese is being composed, Enter chooses a word. (Safari ends the composition first; then the code is 229.)
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) { event.preventDefault(); send() }
    if (event.key === 'Escape') { event.preventDefault(); back() }
  })

  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
    if (event.key === 'Escape') { closePanel(); if (isField(document.activeElement)) back(); return }
    if (isField(document.activeElement)) return
    if (event.key === '/') { event.preventDefault(); text.focus(); return }
    if (/^[1-9]$/.test(event.key) && !text.value) {
      const button = numbered()[event.key - 1]
      if (button) { event.preventDefault(); button.click() }
      return
    }
    // Whoever simply begins to type means the composer.
    if (/^\p{L}$/u.test(event.key) && document.activeElement === document.body) text.focus()
  })
}

const isField = e => e?.matches('input:not([type=checkbox], [type=radio]), textarea, select')
