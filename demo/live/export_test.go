package live

import "example.com/postinvoke/demo/recording"

// LogOf returns the rows of the log after the first so many.
func LogOf(moments []recording.Moment, seen int) []string {
	var l rows
	for i := range moments {
		l.Moment(&recording.Recording{}, &moments[i])
	}
	rows, _ := l.since(seen)
	return rows
}
