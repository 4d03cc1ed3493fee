package compatibility

import (
	"fmt"
	"testing"

	"relay/e2e/harness"
)

func TestMain(m *testing.M) {
	harness.PerCore = 2 // some studio programs need a whole core to start
	harness.Main(m, func() error {
		if *tableFile == "" {
			return nil
		}
		if err := writeTable(*tableFile); err != nil {
			return fmt.Errorf("write the table of programs: %w", err)
		}
		return nil
	})
}
