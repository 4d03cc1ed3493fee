package hostile

import (
	"testing"

	"relay/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
