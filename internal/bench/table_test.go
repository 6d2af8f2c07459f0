package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// printTable prints a table in Markdown.
func printTable(caption string, header []string, rows [][]string) {
	fmt.Printf("\n%s\n\n", caption)
	printRow(header)
	fmt.Println(strings.Repeat("|---", len(header)) + "|")
	for _, row := range rows {
		printRow(row)
	}
}

func printRow(cells []string) { fmt.Printf("| %s |\n", strings.Join(cells, " | ")) }

func median[T int64 | time.Duration](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// against is the median of values, as a multiple of that of others and as it is.
func against[T int64 | time.Duration](values, others []T) string {
	switch {
	case len(values) == 0:
		return "–"
	case len(others) == 0:
		return amount(median(values))
	}
	return fmt.Sprintf("%s (%s)", ratio(values, others), amount(median(values)))
}

func ratio[T int64 | time.Duration](values, others []T) string {
	return fmt.Sprintf("%.2f×", float64(median(values))/float64(median(others)))
}

// amount is a time, or a number of bytes.
func amount[T int64 | time.Duration](v T) string {
	if d, ok := any(v).(time.Duration); ok {
		return fmt.Sprintf("%.3f ms", float64(d.Nanoseconds())/1e6)
	}
	return fmt.Sprintf("%.1f MB", float64(v)/1e6)
}
