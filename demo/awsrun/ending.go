package awsrun

import (
	"example.com/postinvoke/demo/recording"
	"example.com/postinvoke/lambdaenv"
)

// record tells a recorder what happens until the play is over.
func (p *play) record() {
	var r *recording.Recorder
	for tell := range p.happened {
		if r == nil {
			r = p.cfg.NewRecorder(p.as)
		}
		tell(r)
	}
}

// end returns the lines of the environment's end: if it was shut down, all that
// came after the last invocation, which may be one of somebody else's.
func (p *play) end() []*line {
	if p.closing == nil {
		return nil
	}
	stream := p.calls[len(p.calls)-1].start.stream
	var lines []*line
	for _, l := range p.ordered() {
		switch {
		case l.stream != stream:
		case l.kind == "report":
			lines = nil
		default:
			lines = append(lines, l)
		}
	}
	return lines
}

// tellEnd has the recorder told of the environment's end, if there was one, and
// of the recording's.
func (p *play) tellEnd() {
	if p.as.Began.IsZero() {
		return // nothing happened
	}
	if p.closing == nil {
		p.happened <- func(r *recording.Recorder) { r.Ended(nil) }
		return
	}
	lines := p.end()
	first, last := lines[0].time, lines[len(lines)-1].time
	ended := &lambdaenv.ShutdownReport{Reason: "unknown", Took: last.Sub(first)}
	if l := p.closing.environment; l != nil {
		ended.Reason = l.reason()
	}
	if l := p.closing.hooks; l != nil {
		ended.Runtime = l.time.Sub(first)
	}
	platform := func(kind lambdaenv.Kind, text string) lambdaenv.Entry {
		return lambdaenv.Entry{Time: first, Source: lambdaenv.Platform, Kind: kind, Text: text}
	}
	entries := []lambdaenv.Entry{platform(lambdaenv.ShutdownBegan, ended.Reason), platform(lambdaenv.Thawed, "the processes continue")}
	if p.closing.hooks != nil {
		e := platform(lambdaenv.Signaled, "SIGTERM")
		e.Source = lambdaenv.Function
		entries = append(entries, e)
	}
	for _, l := range lines {
		entries = append(entries, l.entry(""))
	}
	done := platform(lambdaenv.ShutdownDone, "nothing is left")
	done.Time = last
	p.pass(append(entries, done), nil)
	p.happened <- func(r *recording.Recorder) { r.Ended(ended) }
}
