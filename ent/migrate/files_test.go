package migrate_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/weav-ai/weav/ent/migrate"
)

func TestReleasedMigrationsAreNeverEdited(t *testing.T) {
	t.Parallel()
	if err := migrate.Verify(migrate.Files, migrate.Hashes); err != nil {
		t.Error(err)
	}
}

func TestVerifyNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	first := fstest.MapFS{"sqlite/1_first.sql": {Data: []byte("-- +goose Up\nSELECT 1;\n")}}
	line := migrate.HashLine("sqlite/1_first.sql", first["sqlite/1_first.sql"].Data)
	cases := []struct {
		name   string
		files  fstest.MapFS
		hashes string
		want   string
	}{
		{"the same", first, line, ""},
		{"edited", fstest.MapFS{"sqlite/1_first.sql": {Data: []byte("-- +goose Up\nSELECT 2;\n")}}, line, "1_first.sql was edited after its release"},
		{"without a line", first, "", "1_first.sql has no line"},
		{"missing", fstest.MapFS{}, line, "1_first.sql was released, and is missing"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := migrate.Verify(test.files, []byte(test.hashes))
			switch {
			case test.want == "" && err != nil:
				t.Errorf("got %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
