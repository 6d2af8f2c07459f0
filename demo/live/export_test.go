package live

import (
	"net/http"

	"example.com/postinvoke/demo/recording"
)

// Guard is the guard of a page at a port.
func Guard(port string, next http.Handler) http.Handler { return guard(port, next) }

// LogOf returns what somebody sees of the log who has seen so many rows of it.
func LogOf(moments []recording.Moment, seen int) []string {
	n := newNews()
	for i := range moments {
		n.Moment(&recording.Recording{}, &moments[i])
	}
	rows, _ := n.since(seen)
	return rows
}
