package main

import (
	"testing"
	"time"
)

func TestABatchIsSentWhenItIsFullOrOld(t *testing.T) {
	now := time.Now()
	full := &batch{}
	for i := range batchSize {
		if got, want := full.add(now, nil), i == batchSize-1; got != want {
			t.Errorf("event %d of the same moment: time to flush is %t, want %t", i+1, got, want)
		}
	}
	old := &batch{}
	for _, after := range []time.Duration{0, batchAge - 1, batchAge} {
		if got, want := old.add(now.Add(after), nil), after == batchAge; got != want {
			t.Errorf("after %v: time to flush is %t, want %t", after, got, want)
		}
	}
}
