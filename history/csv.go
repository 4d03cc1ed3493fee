package history

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Row is a row of a report.
type Row interface {
	MountListening | Play | TitleTotal | Player | SourceSession | Point
}

// WriteCSV writes a report as CSV (RFC 4180) in UTF-8. The first line holds the column
// names, the same as in JSON. No field is a formula to a spreadsheet.
func WriteCSV[R Row](w io.Writer, rows []R) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	columns := reflect.TypeFor[R]()
	line := make([]string, columns.NumField())
	for i := range line {
		line[i], _, _ = strings.Cut(columns.Field(i).Tag.Get("json"), ",")
	}
	out.Write(line)
	for _, row := range rows {
		v := reflect.ValueOf(row)
		for i := range line {
			line[i] = cell(v.Field(i).Interface())
		}
		out.Write(line)
	}
	out.Flush()
	return out.Error()
}

// cell formats a value as a field of CSV.
func cell(v any) string {
	switch v := v.(type) {
	case string:
		return inert(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.Format(time.RFC3339)
	case *time.Time:
		if v == nil {
			return ""
		}
		return v.Format(time.RFC3339)
	}
	if reflect.TypeOf(v).Kind() == reflect.String {
		return inert(fmt.Sprint(v))
	}
	return fmt.Sprint(v)
}
