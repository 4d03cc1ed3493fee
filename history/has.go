package history

import (
	"context"
	"database/sql"
	"errors"
)

// Has reports whether the history holds anything about a mount of this name.
func (s *Store) Has(ctx context.Context, mount string) (has bool, err error) {
	defer func() { s.suspect(err) }()
	d, err := s.reading(ctx)
	if err != nil {
		return false, err
	}
	err = d.read.QueryRowContext(ctx, `SELECT 1 FROM mounts WHERE name = ?`, mount).Scan(new(int))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}
