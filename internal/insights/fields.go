package insights

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A Value is a string, a float64, a time.Time, or nil where there is none. A
// condition is a bool, which no field is.
type Value any

// A Row has the values of an event, or of a row of a result, by name.
type Row map[string]Value

// maxFields is how many fields CloudWatch discovers in an event.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
const maxFields = 200

// Fields are those that CloudWatch discovers in an event: its own, which begin
// with @, and those of a JSON object in the message. Objects are flattened with
// dots and arrays with indices; true and false are 1 and 0; null is no value.
func Fields(e Event) Row {
	fields := Row{
		"@timestamp": e.Time.Truncate(time.Millisecond),
		"@message":   e.Message,
		"@log":       e.Account + ":" + e.Group,
	}
	if start := strings.IndexByte(e.Message, '{'); start >= 0 {
		var object any
		if json.NewDecoder(strings.NewReader(e.Message[start:])).Decode(&object) == nil {
			flatten(fields, "", object)
		}
	}
	return fields
}

// flatten adds the values in a value, whose name follows a dot.
func flatten(into Row, name string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			flatten(into, name+"."+key, v)
		}
	case []any:
		for i, v := range value {
			flatten(into, name+"."+strconv.Itoa(i), v)
		}
	case bool:
		into[name[1:]] = map[bool]float64{true: 1}[value]
	case float64, string:
		into[name[1:]] = value
	}
}

// Text is a value as CloudWatch shows it.
func Text(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.000")
	}
	return ""
}

// compare orders values: numbers and times by size, all else as text. No value
// comes first.
func compare(a, b Value) int {
	switch a := a.(type) {
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b)
		}
	}
	return strings.Compare(Text(a), Text(b))
}
