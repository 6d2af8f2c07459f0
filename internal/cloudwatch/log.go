package cloudwatch

import (
	"slices"
	"sync"
	"time"

	"example.com/postinvoke/internal/insights"
	"example.com/postinvoke/internal/lambdalog"
	"example.com/postinvoke/lambdaenv"
)

// A Line is a log event of a function.
type Line struct {
	Function string // its name
	insights.Event
}

// A Log is what CloudWatch would have of what a local environment logs.
type Log struct {
	fn Function

	mu    sync.Mutex
	lines []Line
}

// NewLog returns the log of an environment of fn.
func NewLog(fn Function) *Log { return &Log{fn: fn} }

// Observe adds an entry of the environment: it is for Config.Observe.
func (l *Log) Observe(e lambdaenv.Entry) {
	message, kept := e.Text, e.Kind == lambdaenv.Line
	if kept && e.Source != lambdaenv.Platform {
		message, kept = l.fn.Log.Event(e.Text, e.Time, e.RequestID)
	}
	if !kept {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	event := insights.Event{Time: e.Time, Account: Account, Group: l.fn.Group, Message: message}
	l.lines = append(l.lines, Line{l.fn.Name, event})
}

// Lines returns the events so far.
func (l *Log) Lines() []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// LinesFrom returns the events as if the first had been logged at that time.
func (l *Log) LinesFrom(at time.Time) []Line {
	lines := l.Lines()
	if len(lines) == 0 {
		return nil
	}
	by := at.Sub(lines[0].Time)
	for i := range lines {
		lines[i].Time = lines[i].Time.Add(by)
		lines[i].Message = lambdalog.Shift(lines[i].Message, by)
	}
	return lines
}
