package live

import (
	"slices"
	"sync"

	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/demo/report"
)

// keptRows is how much of the log there is. A page with many more is slow.
const keptRows = 2000

// News is the end of the log as rows, and word of whatever changes. Listeners
// ask for what they have not seen, so that a slow one holds up nobody.
type news struct {
	mu      sync.Mutex
	rows    []string      // as HTML
	gone    int           // so many rows came before those
	changed chan struct{} // closed and replaced with every change
}

func newNews() *news { return &news{changed: make(chan struct{})} }

// since returns the rows after the first so many, as far as they are kept, and
// how many there were in all.
func (n *news) since(seen int) (rows []string, all int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.rows[max(0, seen-n.gone):]), n.gone + len(n.rows)
}

// next returns what is closed with the next change.
func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changed
}

// spread says that something has changed.
func (n *news) spread() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}

// Began is part of [recording.Renderer], as are the next three.
func (n *news) Began(*recording.Recording) {}

func (n *news) Moment(r *recording.Recording, m *recording.Moment) {
	n.mu.Lock()
	if row, ok := report.NewRow(r, m); ok {
		n.rows = append(n.rows, string(row.HTML()))
		if more := len(n.rows) - keptRows; more > 0 {
			n.rows, n.gone = n.rows[more:], n.gone+more
		}
	}
	n.mu.Unlock()
	n.spread()
}

func (n *news) Invoked(*recording.Recording, *recording.Invocation) { n.spread() }

func (n *news) Ended(*recording.Recording) { n.spread() }
