package lambdaenv

import (
	"bytes"
	"cmp"
	"io"
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

	mu       sync.Mutex // held while reading, so that lines come in order
	finished bool
	buf      []byte
	partial  []byte
	tail     []string
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
		// The poller reports new output only, so all of the old must be read: a part
		// at a time, as a process may print faster than this reads.
		o.raw.Read(func(fd uintptr) bool {
			var err error
			for err == nil {
				err = o.take(fd)
			}
			return err != syscall.EAGAIN
		})
	}()
	return o, w, nil
}

// drain returns when all that was printed before the call has become lines. It
// does not wait for more.
func (o *output) drain() {
	o.raw.Control(func(fd uintptr) { o.take(fd) })
}

// take turns what is in the pipe into lines, at most about drainLimit bytes. The error
// is EAGAIN when it has taken all there is, or any other at the end.
func (o *output) take(fd uintptr) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for taken := 0; taken < drainLimit; {
		if o.finished {
			return io.EOF
		}
		n, err := syscall.Read(int(fd), o.buf) // which does not block
		if n <= 0 {
			return cmp.Or(err, io.EOF)
		}
		o.split(o.buf[:n])
		taken += n
	}
	return nil
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
	o.mu.Lock()
	o.finished = true
	o.flush()
	o.mu.Unlock()
	o.pipe.Close()
	<-o.done
}

// lastLines returns the last few lines.
func (o *output) lastLines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tail)
}
