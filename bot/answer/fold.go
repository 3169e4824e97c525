package answer

// Fold is a text as words are compared: half-width, lower case, only letters, digits and symbols. Two texts that fold alike
// are the same word.
func Fold(text string) string { return string(fold(nil, text)) }
