package store

import (
	"path/filepath"
	"testing"
	"testing/fstest"
)

// SQLite changes a column by copying the table and dropping the old one. Done the obvious
// way, that deletes the rows of other tables that refer to it.
func TestSQLiteRebuildKeepsRowsThatRefer(t *testing.T) {
	t.Parallel()
	first := fstest.MapFS{"1_first.sql": {Data: []byte(`-- +goose Up
CREATE TABLE parents (id integer PRIMARY KEY, name text);
CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents (id) ON DELETE CASCADE);
INSERT INTO parents VALUES (1, 'Ada');
INSERT INTO children VALUES (1, 1), (2, 1);
`)}}
	rebuild := fstest.MapFS{"1_first.sql": first["1_first.sql"], "2_rebuild.sql": {Data: []byte(`-- +goose Up
PRAGMA foreign_keys = off;
CREATE TABLE new_parents (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO new_parents SELECT id, name FROM parents;
DROP TABLE parents;
ALTER TABLE new_parents RENAME TO parents;
PRAGMA foreign_keys = on;
`)}}
	orphan := fstest.MapFS{"1_first.sql": first["1_first.sql"], "2_rebuild.sql": rebuild["2_rebuild.sql"],
		"3_orphan.sql": {Data: []byte("-- +goose Up\nDELETE FROM parents;\n")}}

	st, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	for _, files := range []fstest.MapFS{first, rebuild} {
		if err := st.migrateSQLite(t.Context(), files); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := st.db.QueryRowContext(t.Context(), "SELECT count(*) FROM children").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d children are left (%v), want 2", n, err)
	}
	if err := st.migrateSQLite(t.Context(), orphan); err == nil {
		t.Error("a migration that leaves orphans passed")
	}
}
