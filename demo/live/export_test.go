package live

import (
	"net/http"

	"example.com/postinvoke/demo/recording"
)

// Guard is the guard of a page at a port.
func Guard(port string, next http.Handler) http.Handler { return guard(port, next) }

// LogOf returns the rows of the log after the first so many.
func LogOf(moments []recording.Moment, seen int) []string {
	u := newUpdates()
	for i := range moments {
		u.Moment(&recording.Recording{}, &moments[i])
	}
	rows, _ := u.since(seen)
	return rows
}
