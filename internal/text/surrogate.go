package text

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// LoneSurrogate reports whether JSON or GraphQL source contains half of a surrogate pair in a string (\ud83d
// without \ude00 after it, or \u{d83d}). Decoders replace it silently, so transports call this before they
// decode. A GraphQL document inside JSON is checked twice, because its escapes are visible only after the
// JSON is decoded. Source that is malformed otherwise is left to its parser.
func LoneSurrogate(source []byte) bool {
	if !bytes.Contains(source, []byte(`\u`)) {
		return false
	}
	s := scanner{rest: source}
	for len(s.rest) > 0 && !s.found {
		s.step()
	}
	return s.found
}

// scanner walks over source from string to string.
type scanner struct {
	rest  []byte
	found bool
}

// step skips one token of no interest, or a whole string.
func (s *scanner) step() {
	switch {
	case bytes.HasPrefix(s.rest, []byte(`"""`)):
		s.rest = s.rest[3:]
		s.block()
	case s.rest[0] == '"':
		s.rest = s.rest[1:]
		s.quoted()
	case s.rest[0] == '#':
		s.skipAny("\r\n")
	default:
		s.rest = s.rest[1:]
	}
}

// skipAny moves to the nearest of some ASCII characters, or to the end.
func (s *scanner) skipAny(chars string) {
	i := bytes.IndexAny(s.rest, chars)
	if i < 0 {
		i = len(s.rest)
	}
	s.rest = s.rest[i:]
}

// block skips a GraphQL block string, whose only escape is \""".
func (s *scanner) block() {
	for len(s.rest) > 0 {
		switch {
		case bytes.HasPrefix(s.rest, []byte(`"""`)):
			s.rest = s.rest[3:]
			return
		case bytes.HasPrefix(s.rest, []byte(`\"""`)):
			s.rest = s.rest[4:]
		default:
			s.rest = s.rest[1:]
			s.skipAny(`"\`)
		}
	}
}

// quoted reads to the closing quote of a string, or to its first lone surrogate.
func (s *scanner) quoted() {
	for !s.found {
		s.skipAny(`"\`)
		if len(s.rest) == 0 {
			return
		}
		if s.rest[0] == '"' {
			s.rest = s.rest[1:]
			return
		}
		s.escape()
	}
}

// escape reads one escape sequence, and with a high surrogate the one behind it.
func (s *scanner) escape() {
	unit, n, braced := unitOf(s.rest)
	if n == 0 {
		s.rest = s.rest[min(2, len(s.rest)):]
		return
	}
	s.rest = s.rest[n:]
	if !utf16.IsSurrogate(unit) {
		return
	}
	low, m, lowBraced := unitOf(s.rest)
	if braced || lowBraced || utf16.DecodeRune(unit, low) == '\uFFFD' {
		s.found = true
		return
	}
	s.rest = s.rest[m:]
}

// unitOf reads \uXXXX or \u{X…} at the beginning of b; n is its length, 0 when there is none.
func unitOf(b []byte) (unit rune, n int, braced bool) {
	if len(b) < 3 || b[0] != '\\' || b[1] != 'u' {
		return 0, 0, false
	}
	digits, n := b[2:min(6, len(b))], 6
	if b[2] == '{' {
		end := bytes.IndexByte(b, '}')
		if end < 0 {
			return 0, 0, false
		}
		digits, n, braced = b[3:end], end+1, true
	}
	v, err := strconv.ParseUint(string(digits), 16, 32)
	if err != nil || (!braced && len(digits) < 4) {
		return 0, 0, false
	}
	return rune(v), n, braced
}
