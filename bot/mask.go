package bot

import "xiaobao/bot/answer"

// mask hides what must never be kept, before a text is shown again or counted.
func mask(text string) string { return answer.Redact(text, answer.Secrets(text), "••••") }
