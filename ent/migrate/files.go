package migrate

import "embed"

// Files holds the versioned migrations, one folder per dialect: postgres and sqlite. They are
// in goose's format; new writes the next one.
//
//go:embed postgres sqlite
var Files embed.FS
