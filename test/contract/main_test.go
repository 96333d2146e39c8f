// Package contract holds the tests of the public contract: they build the whole server in
// process and speak to it as any client does. Where a rule holds for every operation, the cases are
// made from schema.graphql, so that a new field without its case fails.
package contract

import (
	"testing"

	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }
