package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting is one variable of the environment, as the tags of its field describe it:
//
//	env         its name
//	envDefault  its default, read as a value is
//	default     its default in words, where that is computed
//	or          the name that is read where this one is not set
//	secret      "true": NAME_FILE may name a file that holds it
//	min, max    the bounds of a number
//	unit        what a number counts
//	help        what it is for
//	section     the heading in lists, for this field and those that follow
type Setting struct {
	Name, Or, Default, Unit, Help, Section string

	IsSecret bool

	preset   string
	min, max int
	typ      reflect.Type
}

// sources are variables that other settings are made of.
type sources struct {
	PostgresHost     string `section:"Database, bus and files" env:"POSTGRES_HOST" help:"the database's host, when DATABASE_URL is empty"`
	PostgresPort     string `env:"POSTGRES_PORT" envDefault:"5432" help:"its port"`
	PostgresUser     string `env:"POSTGRES_USER" envDefault:"postgres" help:"its user"`
	PostgresPassword string `env:"POSTGRES_PASSWORD" secret:"true" help:"the user's password"`
	PostgresDB       string `env:"POSTGRES_DB" envDefault:"weav" help:"its name"`
	PostgresSSLMode  string `env:"POSTGRES_SSLMODE" envDefault:"disable" help:"its sslmode"`
	S3Endpoint       string `env:"AWS_S3_ENDPOINT_URL" help:"the S3 store's address, when BLOB_URL is empty"`
	S3Bucket         string `env:"AWS_STORAGE_BUCKET_NAME" envDefault:"weavai-files" help:"the bucket there"`

	FirebaseAccountPath  string `section:"Sign-in and secrets" env:"FIREBASE_SERVICE_ACCOUNT_KEY_PATH" help:"the file of Firebase's service account"`
	FirebaseAccountJSON  string `env:"FIREBASE_SERVICE_ACCOUNT_KEY_JSON" secret:"true" help:"the same, as JSON"`
	FirebaseEmulatorHost string `env:"FIREBASE_AUTH_EMULATOR_HOST" help:"Firebase's emulator, for development with AUTH=dev,firebase:PROJECT"`

	OpenAIKey     Secret   `section:"Models" env:"OPENAI_API_KEY" secret:"true" help:"the key of the provider openai"`
	OpenAIBaseURL string   `env:"OPENAI_BASE_URL" default:"the vendor's" help:"where it answers"`
	GeminiKey     Secret   `env:"GEMINI_API_KEY" or:"GOOGLE_API_KEY" secret:"true" help:"the key of the provider google"`
	GeminiBaseURL string   `env:"GOOGLE_GEMINI_BASE_URL" default:"the vendor's" help:"where it answers"`
	Providers     []string `env:"PROVIDERS" help:"names, comma separated, of further providers, each with the settings PROVIDER_NAME_…"`
}

// settings are all variables that are read, but for those of the providers that PROVIDERS names.
type settings struct {
	Config  Config
	Sources sources
}

// Settings are all settings, those of one section together. Those that each provider of PROVIDERS has stand there once, with
// NAME for the provider's name.
func Settings() []Setting {
	all := slices.Concat(settingsOf(reflect.TypeFor[settings](), ""), settingsOf(reflect.TypeFor[ownProvider](), "PROVIDER_NAME_"))
	var sections []string
	for _, s := range all {
		if !slices.Contains(sections, s.Section) {
			sections = append(sections, s.Section)
		}
	}
	slices.SortStableFunc(all, func(a, b Setting) int {
		return slices.Index(sections, a.Section) - slices.Index(sections, b.Section)
	})
	return all
}

// defaultOf is the default of a setting.
func defaultOf(name string) string {
	all := Settings()
	return all[slices.IndexFunc(all, func(s Setting) bool { return s.Name == name })].preset
}

// settingsOf are those of a struct and of the structs in it. prefix begins their names.
func settingsOf(t reflect.Type, prefix string) []Setting {
	var all []Setting
	section := ""
	for i := range t.NumField() {
		field := t.Field(i)
		if s := field.Tag.Get("section"); s != "" {
			section = s
		}
		switch name := field.Tag.Get("env"); {
		case name != "":
			all = append(all, settingOf(field, prefix+name, section))
		case field.Type.Kind() == reflect.Struct:
			inner := settingsOf(field.Type, prefix)
			for i := range inner {
				if inner[i].Section == "" {
					inner[i].Section = section
				}
			}
			all = append(all, inner...)
		}
	}
	return all
}

func settingOf(field reflect.StructField, name, section string) Setting {
	tag := field.Tag
	s := Setting{
		Name: name, Or: tag.Get("or"), Default: tag.Get("default"), Unit: tag.Get("unit"), Help: tag.Get("help"), Section: section,
		IsSecret: tag.Get("secret") == "true", preset: tag.Get("envDefault"), typ: field.Type,
	}
	s.min, _ = strconv.Atoi(tag.Get("min")) // What has no bounds needs none; a test holds numbers to having them.
	s.max, _ = strconv.Atoi(tag.Get("max"))
	if s.Default == "" {
		s.Default = s.preset
	}
	return s
}

// Names are those under which the environment may hold the setting.
func (s Setting) Names() []string {
	names := []string{s.Name}
	if s.Or != "" {
		names = append(names, s.Or)
	}
	if s.IsSecret {
		for _, name := range slices.Clone(names) {
			names = append(names, name+"_FILE")
		}
	}
	return names
}

// faults say why a value cannot be read; none for one that can.
func (s Setting) faults(value string) []error {
	if s.typ == reflect.TypeFor[[]netip.Prefix]() {
		_, faults := prefixes(s.Name, value)
		return faults
	}
	if must, ok := s.form(); ok && !s.takes(value) {
		return []error{fmt.Errorf("%s must be %s", s.Name, must)}
	}
	return nil
}

// form says in words which values the setting takes; false when it takes any text.
func (s Setting) form() (must string, ok bool) {
	switch s.typ {
	case reflect.TypeFor[int]():
		return fmt.Sprintf("a whole number from %d to %d", s.min, s.max), true
	case reflect.TypeFor[float64]():
		return fmt.Sprintf("a number from %d to %d", s.min, s.max), true
	case reflect.TypeFor[time.Duration]():
		return "a duration such as 20s", true
	case reflect.TypeFor[bool]():
		return "true or false", true
	case reflect.TypeFor[slog.Level]():
		return "debug, info, warn or error", true
	case reflect.TypeFor[TimeOfDay]():
		return "a time of the day such as 00:00", true
	case reflect.TypeFor[Zone]():
		return "a time zone such as Asia/Seoul", true
	}
	return "", false
}

// takes reports whether a value has the setting's form.
func (s Setting) takes(value string) bool {
	switch s.typ {
	case reflect.TypeFor[int]():
		n, err := strconv.Atoi(value)
		return err == nil && s.min <= n && n <= s.max
	case reflect.TypeFor[float64]():
		f, err := strconv.ParseFloat(value, 64)
		return err == nil && float64(s.min) <= f && f <= float64(s.max)
	case reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(value)
		return err == nil && d > 0
	case reflect.TypeFor[bool]():
		_, err := strconv.ParseBool(value)
		return err == nil
	case reflect.TypeFor[slog.Level]():
		return new(slog.Level).UnmarshalText([]byte(value)) == nil
	case reflect.TypeFor[TimeOfDay]():
		return new(TimeOfDay).UnmarshalText([]byte(value)) == nil
	default:
		return new(Zone).UnmarshalText([]byte(value)) == nil
	}
}

// WriteSettings lists all settings for people at a terminal.
func WriteSettings(w io.Writer) {
	section := ""
	for _, s := range Settings() {
		if s.Section != section {
			section = s.Section
			fmt.Fprintf(w, "\n%s\n", section)
		}
		fmt.Fprintf(w, "  %-34s %s\n  %-34s %s\n", s.label(), s.shownDefault(), "", s.meaning())
	}
	fmt.Fprintf(w, "\nA setting with (file) may also be given as NAME_FILE, the path of a file that holds it.\n")
}

// SettingsTable lists all settings in Markdown.
func SettingsTable() string {
	var b strings.Builder
	section := ""
	for _, s := range Settings() {
		if s.Section != section {
			section = s.Section
			fmt.Fprintf(&b, "\n### %s\n\n| name | default | meaning |\n|---|---|---|\n", section)
		}
		name := "`" + strings.Replace(s.label(), " ", "` ", 1)
		if !strings.Contains(name, "` ") {
			name += "`"
		}
		def := s.shownDefault()
		if s.preset != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, def, s.meaning())
	}
	return b.String()
}

// label is a setting's name with what else there is to say of the name.
func (s Setting) label() string {
	label := s.Name
	if s.Or != "" {
		label += " or " + s.Or
	}
	if s.IsSecret {
		label += " (file)"
	}
	return label
}

func (s Setting) shownDefault() string {
	if s.Default == "" {
		return "none"
	}
	return s.Default
}

// meaning is what a setting is for, with its unit and bounds.
func (s Setting) meaning() string {
	meaning := s.Help
	if s.Unit != "" {
		meaning += " (" + s.Unit + ")"
	}
	if s.max > 0 {
		meaning += fmt.Sprintf("; %d to %d", s.min, s.max)
	}
	return meaning
}
