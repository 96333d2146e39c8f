package app

import "log/slog"

// Secret is a setting that is never shown: whatever prints, logs or encodes it sees only whether it is there.
type Secret struct {
	// A pointer, since fmt does not ask the methods of what it finds in unexported fields.
	text *string
}

// NewSecret returns a Secret of text; an empty one is not set.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: &text}
}

// IsSet says whether there is a secret.
func (s Secret) IsSet() bool { return s.text != nil }

// Reveal returns the text, for the adapter that sends it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String is "present" or "missing".
func (s Secret) String() string {
	if s.IsSet() {
		return "present"
	}
	return "missing"
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// UnmarshalText implements encoding.TextUnmarshaler, by which settings are read.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// MarshalText implements encoding.TextMarshaler, which JSON and slog ask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
