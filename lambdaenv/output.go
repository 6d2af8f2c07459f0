package lambdaenv

import (
	"bytes"
	"math"
	"os"
	"slices"
	"sync"
	"syscall"
)

const (
	// drainLimit is the capacity of a pipe on Linux: all that a process can
	// have printed before it made a call, and not been read yet.
	drainLimit = 64 << 10

	// tailLines of a process's output are kept for error messages.
	tailLines = 10
)

// An output turns what a process prints into lines. One pipe serves standard
// output and standard error, so that their order is kept.
type output struct {
	pipe *os.File
	raw  syscall.RawConn
	line func(string)
	done chan struct{} // closed when the reader has ended

	mu      sync.Mutex // held while reading, so that lines come in order
	buf     []byte
	partial []byte
	tail    []string
}

// newOutput returns an output, and the end of the pipe for the process. line is
// called with each line, one at a time.
func newOutput(line func(string)) (o *output, w *os.File, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	o = &output{pipe: r, line: line, done: make(chan struct{}), buf: make([]byte, 32<<10)}
	o.raw, _ = r.SyscallConn() // no error: the file is open
	go func() {                // ends in finish
		defer close(o.done)
		// The poller reports new output only, so all of the old must be read.
		o.raw.Read(func(fd uintptr) bool { return !o.take(fd, math.MaxInt) })
	}()
	return o, w, nil
}

// drain returns when all that was printed before the call has become lines. It
// does not wait for more.
func (o *output) drain() {
	o.raw.Control(func(fd uintptr) { o.take(fd, drainLimit) })
}

// take turns what is in the pipe into lines, at most about limit bytes, and
// reports whether more may come.
func (o *output) take(fd uintptr, limit int) (more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for taken := 0; taken < limit; {
		n, err := syscall.Read(int(fd), o.buf) // which does not block
		if n <= 0 {
			return err == syscall.EAGAIN // else it is the end
		}
		o.split(o.buf[:n])
		taken += n
	}
	return true
}

func (o *output) split(b []byte) {
	for line := range bytes.Lines(b) {
		text, complete := bytes.CutSuffix(line, []byte("\n"))
		o.partial = append(o.partial, text...)
		if complete {
			o.flush()
		}
	}
}

// flush passes the partial line on. CloudWatch Logs takes no event without a
// message, so an empty line is none.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_InputLogEvent.html
func (o *output) flush() {
	line := string(bytes.TrimSuffix(o.partial, []byte("\r")))
	o.partial = o.partial[:0]
	if line == "" {
		return
	}
	if len(o.tail) == tailLines {
		o.tail = slices.Delete(o.tail, 0, 1)
	}
	o.tail = append(o.tail, line)
	o.line(line)
}

// finish takes what is left, the unfinished last line included, and stops the
// reader, even if a stray descendant still holds the other end.
func (o *output) finish() {
	o.drain()
	o.pipe.Close()
	<-o.done
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}

// lastLines returns the last few lines.
func (o *output) lastLines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tail)
}
