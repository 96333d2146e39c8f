package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// errNotUTF8 is a writer's mistake: JSON would carry other bytes than the stored text has,
// and every offset behind them would be wrong.
var errNotUTF8 = errors.New("live: text is not valid UTF-8")

// Encode returns the message that publishes d. It fails when the text is not valid UTF-8, as a
// text that was split within a code point is not.
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
