package main

import (
	"bytes"
	"io"
	"os"
)

// noise is what jsii, the bridge to the CDK library, may print when it has
// ended: it waits for its own process twice, and one of the two is too late.
var noise = []byte("Runtime process exited abnormally: waitid: no child processes")

// filterStderr keeps the noise out of what a person reads, and passes on the
// rest of what is written to standard error until stop is called. It must be
// called before the first use of jsii, whose goroutines use os.Stderr.
func filterStderr() (stop func()) {
	stderr := os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		return func() {} // then there is noise
	}
	os.Stderr = w
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(dropper{stderr}, r)
	}()
	return func() {
		w.Close()
		<-done
	}
}

// dropper drops the noise, which arrives whole: a pipe keeps short writes together.
type dropper struct{ to io.Writer }

func (d dropper) Write(p []byte) (int, error) {
	if _, err := d.to.Write(bytes.ReplaceAll(p, noise, nil)); err != nil {
		return 0, err
	}
	return len(p), nil
}
