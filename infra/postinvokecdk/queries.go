package postinvokecdk

import (
	"fmt"
	"strings"

	"example.com/postinvoke/record"
)

// The queries of the dashboard, in the language of CloudWatch Logs Insights.
// The records they read are shown in docs/records.md.
//
// A chart needs its stats by bin() alone, so those over time are made for one
// function each where they tell functions apart. Names of columns have letters
// and digits only: others would need backticks.

// logGroupColumn makes a column of the log group, which is named after the
// function. The records themselves do not know their function's name.
const logGroupColumn = `parse @log "*:*" as account, logGroup`

// chosen keeps the records of the function chosen at the top. The colon, which
// no name has, ends the log group's: another's may begin with it.
func chosen() string { return fmt.Sprintf(`filter concat(@log, ":") like "%s"`, anyLogGroup()) }

// only keeps records with one of these messages.
func only(messages ...string) string {
	return `filter message in ["` + strings.Join(messages, `", "`) + `"]`
}

// percentiles are the p50 and p99 of a field, as columns with this name.
func percentiles(field, name string) string {
	return fmt.Sprintf("pct(%s, 50) as %sP50, pct(%[1]s, 99) as %[2]sP99", field, name)
}

// postInvokeQuery charts when the response was accepted, and how long the
// hooks took after it.
func postInvokeQuery() []string {
	return []string{
		only(record.Hooks),
		"stats " + percentiles(record.ResponseMs, "response") + ", " + percentiles(record.HooksMs, "hooks") + " by bin(5m)",
	}
}

// invocationsQuery lists the last invocations that had hooks.
func invocationsQuery() []string {
	return []string{
		chosen(),
		only(record.Hooks),
		logGroupColumn,
		"sort @timestamp desc",
		"limit 50",
		"display @timestamp, logGroup, " + strings.Join([]string{
			record.RequestID, record.Outcome, record.HandlerMs, record.ResponseMs, record.HookCount, record.HooksMs,
			record.Failures, record.Abandoned, record.ColdStart, record.Mode,
		}, ", "),
	}
}

// shutdownsQuery lists the last shutdowns. Two records are about one of them:
// the library's on the shutdown hooks and the extension's on the environment,
// within a few milliseconds in the environment's log stream. Where the minute
// changes between them they make two rows, each with a half.
func shutdownsQuery() []string {
	return []string{
		chosen(),
		only(record.Environment, record.ShutdownHooks),
		logGroupColumn,
		fmt.Sprintf("stats sortsLast(%s) as why, max(%s) as lifetime, max(%s) as idle, max(%s) as served, max(%s) as shutdownHooks, max(%s) as budget by bin(1m) as minute, logGroup, @logStream",
			record.Reason, record.LifetimeMs, record.IdleMs, record.Invocations, record.HooksMs, record.BudgetMs),
		"sort minute desc",
		"limit 50",
	}
}

// shutdownHooksQuery charts the shutdown hooks against their budget.
func shutdownHooksQuery() []string {
	return []string{
		chosen(),
		only(record.ShutdownHooks),
		fmt.Sprintf("stats max(%s) as shutdownHooks, max(%s) as budget by bin(5m)", record.HooksMs, record.BudgetMs),
	}
}

// problemsQuery lists the hooks that did not end well, and what kept the
// environment from staying awake for them.
func problemsQuery() []string {
	return []string{
		chosen(),
		only(record.HookFailed, record.HookAbandoned, record.HookLate, record.HookRefused,
			record.Released, record.ExtensionProblem, record.HooksLost),
		logGroupColumn,
		fmt.Sprintf("fields coalesce(%s, %s, %s) as why", record.Error, record.Panic, record.Reason),
		"sort @timestamp desc",
		"limit 50",
		fmt.Sprintf("display @timestamp, logGroup, message, %s, why, %s", record.Hook, record.RequestID),
	}
}

// logQuery is the log itself, oldest first. The platform's own records have a
// type and a record in place of a message. With a lower limit the newest would
// be missing.
func logQuery() []string {
	return []string{
		chosen(),
		logGroupColumn,
		fmt.Sprintf("fields coalesce(message, type, @message) as event, coalesce(%s, record.requestId) as request", record.RequestID),
		"sort @timestamp asc",
		"limit 10000",
		"display @timestamp, logGroup, event, request, @message",
	}
}
