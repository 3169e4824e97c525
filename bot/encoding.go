package bot

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var idText = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// outgoingID names the nth thing that leaves because of an event. An event is applied once and is unique for ever, so its
// name makes the id unique, and thinking again makes the same one.
func outgoingID(k Key, n int) string {
	h := sha256.New()
	for _, part := range []string{k.Tenant, k.Case, k.Event, strconv.Itoa(n)} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	var sum [sha256.Size]byte
	return idText.EncodeToString(h.Sum(sum[:0])[:15])
}

// decodeText reads a text file in whatever encoding it probably is.
func decodeText(data []byte) string {
	if len(data) > 1 && (data[0] == 0xFF && data[1] == 0xFE || data[0] == 0xFE && data[1] == 0xFF) {
		if out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data); err == nil {
			return string(out)
		}
	}
	if !utf8.Valid(data) {
		if out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data); err == nil {
			return string(out)
		}
	}
	return strings.TrimPrefix(string(data), "\ufeff")
}

// ReadText reads a text file as people have them: UTF-8, UTF-16 with a mark, or the GBK that Chinese Excel writes. False for what is
// no text.
func ReadText(data []byte) (string, bool) { return readText(data) }
