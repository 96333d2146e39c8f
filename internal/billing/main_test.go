package billing_test

import (
	"testing"

	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }
