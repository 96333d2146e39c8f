package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// errNotUTF8 is a fault of the writer. JSON would replace the invalid bytes, so the published text would
// differ from the stored one and every later offset would be wrong.
var errNotUTF8 = errors.New("live: text is not valid UTF-8")

// Encode returns the message that publishes d. It fails when the text is not valid UTF-8, which is the case
// for a text that was split within a code point.
func (d Delta) Encode() ([]byte, error) {
	if !utf8.ValidString(d.Text) {
		return nil, errNotUTF8
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // No browser reads this, and code is full of < and >.
	if err := enc.Encode(d); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
