package job

import (
	"testing"

	"github.com/weav-ai/weav/internal/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }
