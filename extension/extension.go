package main

import (
	"errors"
	"strings"
	"time"

	"example.com/postinvoke/internal/blackbox"
	"example.com/postinvoke/internal/extensionsapi"
	"example.com/postinvoke/record"
)

const (
	// registerWithin limits the registration. Lambda allows 10 s for the whole Init
	// phase
	// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
	registerWithin = 5 * time.Second

	// reportMargin is kept free before the deadline of the Shutdown phase.
	reportMargin = 200 * time.Millisecond
)

// run serves one execution environment, and returns when the environment is shut
// down. It creates the black box before it registers, because Lambda starts the
// function after that.
func run(api *extensionsapi.Client, log *log) error {
	started := wallNow()
	box, err := blackbox.Create()
	if err != nil {
		log.problem("hooks lost in a crash will not be logged: the black box cannot be made: " + err.Error())
	}
	if err := api.Register(registerWithin, "SHUTDOWN"); err != nil {
		return err
	}
	for {
		event, err := api.Next()
		if err != nil {
			return err
		}
		if strings.EqualFold(event.Type, "SHUTDOWN") {
			report(log, box, event, started)
			return nil
		}
	}
}

// wallNow returns the time without a monotonic clock reading, which may stop while
// the environment is frozen.
func wallNow() time.Time { return time.Now().Round(0) }

// report logs how the environment ended.
func report(log *log, box *blackbox.File, event extensionsapi.Event, started time.Time) {
	now := wallNow()
	noted, used := readBox(log, box, time.UnixMilli(event.DeadlineMs).Add(-reportMargin))
	fields := []field{
		{record.Reason, event.Reason},
		{record.LifetimeMs, now.Sub(started)},
	}
	if used {
		if noted.LastEnd > 0 {
			fields = append(fields, field{record.IdleMs, max(0, now.Sub(time.UnixMicro(noted.LastEnd)))})
		}
		fields = append(fields,
			field{record.Invocations, noted.Invocations},
			field{record.AwakeMs, time.Duration(noted.AwakeMicros) * time.Microsecond},
			field{record.HookCount, noted.Hooks},
			field{record.Failures, noted.Failures},
			field{record.Abandoned, noted.Abandoned})
	}
	for _, lost := range noted.Lost {
		log.write(levelError, record.HooksLost, lostFields(lost)...)
	}
	log.write(levelInfo, record.Environment, fields...)
}

// readBox returns what the function has recorded, and false if it has recorded
// nothing.
func readBox(log *log, box *blackbox.File, deadline time.Time) (blackbox.Report, bool) {
	if box == nil {
		return blackbox.Report{}, false
	}
	noted, used, err := box.Read(deadline)
	// A function that still runs has not lost its hooks.
	if err != nil && !errors.Is(err, blackbox.ErrInUse) {
		log.problem("the black box cannot be read: " + err.Error())
	}
	return noted, used
}

// lostFields are the fields of a record hooks lost.
func lostFields(lost blackbox.Lost) (fields []field) {
	if lost.RequestID != "" {
		fields = append(fields, field{record.RequestID, lost.RequestID})
	}
	fields = append(fields, field{record.Phase, lost.Phase.String()})
	if len(lost.RunNames) > 0 {
		fields = append(fields, field{record.Hook, strings.Join(lost.RunNames, ", ")})
	}
	fields = append(fields,
		field{record.Running, uint64(lost.Running)},
		field{record.NotStarted, uint64(lost.NotStarted)})
	if len(lost.WaitNames) > 0 {
		fields = append(fields, field{record.Waiting, strings.Join(lost.WaitNames, ", ")})
	}
	return fields
}
