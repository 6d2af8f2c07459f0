package insights

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// maxFields is how many fields CloudWatch discovers in an event.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
const maxFields = 200

// Fields are those that CloudWatch discovers in an event: its own, which begin
// with @, and those of a JSON object in the message. Objects are flattened with
// dots and arrays with indices; true and false are 1 and 0; null is no value.
func Fields(e Event) map[string]Value {
	fields := map[string]Value{
		"@timestamp": e.Time.Truncate(time.Millisecond),
		"@message":   e.Message,
		"@logStream": e.Stream,
		"@log":       e.Account + ":" + e.Group,
	}
	start := strings.IndexByte(e.Message, '{')
	if start < 0 {
		return fields
	}
	d := json.NewDecoder(strings.NewReader(e.Message[start:]))
	left := maxFields
	discover(d, fields, "", &left)
	return fields
}

// discover adds the next value of d under a name, in the order of the text. It
// reports whether the text is JSON up to the value's end.
func discover(d *json.Decoder, into map[string]Value, name string, left *int) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	add := func(v Value) bool {
		if *left > 0 && name != "" {
			into[name] = v
			*left--
		}
		return true
	}
	switch token := token.(type) {
	case json.Delim:
		for i := 0; d.More(); i++ {
			key := strconv.Itoa(i)
			if token == '{' {
				t, err := d.Token()
				if err != nil {
					return false
				}
				key = t.(string)
			}
			if name != "" {
				key = name + "." + key
			}
			if !discover(d, into, key, left) {
				return false
			}
		}
		_, err := d.Token()
		return err == nil
	case bool:
		if token {
			return add(1.0)
		}
		return add(0.0)
	case float64:
		return add(token)
	case string:
		return add(token)
	}
	return true
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
