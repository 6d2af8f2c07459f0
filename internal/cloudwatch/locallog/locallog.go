// Package locallog makes the log events of CloudWatch of what a local execution
// environment logs.
package locallog

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"sync"
	"time"

	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/internal/insights"
	"example.com/postinvoke/lambdaenv"
)

// A Log is that of one environment: a log stream.
type Log struct {
	fn     cloudwatch.Function
	stream string

	mu    sync.Mutex
	lines []cloudwatch.Line
}

// New returns the log of an environment of fn. name tells its environments
// apart.
func New(fn cloudwatch.Function, name string) *Log {
	sum := sha256.Sum256([]byte(fn.Name + name))
	return &Log{fn: fn, stream: fmt.Sprintf("2026/11/26/[$LATEST]%x", sum[:16])}
}

// Observe takes an entry of the environment: it is for Config.Observe.
func (l *Log) Observe(e lambdaenv.Entry) {
	if e.Kind != lambdaenv.Line {
		return
	}
	message := e.Text
	if e.Source != lambdaenv.Platform {
		var kept bool
		if message, kept = l.fn.Log.Event(e.Text, e.Time, e.RequestID); !kept {
			return
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, cloudwatch.Line{Function: l.fn.Name, Event: insights.Event{
		Time: e.Time, Account: cloudwatch.Account, Group: l.fn.Group, Stream: l.stream, Message: message,
	}})
}

// Lines returns the events so far.
func (l *Log) Lines() []cloudwatch.Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]cloudwatch.Line(nil), l.lines...)
}

// LinesFrom returns the events as if the first had been logged at that time.
func (l *Log) LinesFrom(at time.Time) []cloudwatch.Line {
	lines := l.Lines()
	if len(lines) == 0 {
		return nil
	}
	by := at.Sub(lines[0].Time)
	for i := range lines {
		lines[i].Time = lines[i].Time.Add(by)
		lines[i].Message = stamps.ReplaceAllStringFunc(lines[i].Message, func(s string) string {
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return s
			}
			return t.Add(by).Format("2006-01-02T15:04:05.000Z")
		})
	}
	return lines
}

var stamps = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
