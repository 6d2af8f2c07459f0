package cloudwatch

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

// What a deployment would fill in.
const (
	Account   = "123456789012"
	Region    = "eu-central-1"
	StackName = "PostInvokeDemo"
)

// A Deployment is a template with its references resolved: to names such as
// CloudFormation makes up.
type Deployment struct {
	Functions []Function
	Indexed   map[string][]string // the indexed fields of log groups
	Dashboard *Body               // nil if there is none
	Filters   []MetricFilter
	Alarms    []Alarm
}

// A Function is a Lambda function of the template.
type Function struct {
	Name    string
	Group   string // its log group
	Log     lambdalog.Settings
	Timeout time.Duration
}

// Deploy resolves a template.
func Deploy(text []byte) (*Deployment, error) { return DeployIn(text, "aws") }

// DeployIn resolves a template in one of AWS's partitions, such as aws-cn.
func DeployIn(text []byte, partition string) (d *Deployment, err error) {
	t := template{partition: partition}
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	d = &Deployment{Indexed: map[string][]string{}}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if err := d.add(&t, id); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *Deployment) add(t *template, id string) (err error) {
	defer catch(&err, "resource "+id)
	name := t.name(id)
	switch t.Resources[id].Type {
	case lambdaFunction:
		var p struct {
			Timeout       int
			LoggingConfig struct{ LogFormat, LogGroup, ApplicationLogLevel, SystemLogLevel string }
		}
		p.Timeout, p.LoggingConfig.LogGroup = 3, "/aws/lambda/"+name // Lambda's defaults
		t.read(id, &p, "Timeout", "LoggingConfig")
		log := p.LoggingConfig
		d.Functions = append(d.Functions, Function{
			Name: name, Group: log.LogGroup, Timeout: time.Duration(p.Timeout) * time.Second,
			Log: lambdalog.Settings{JSON: log.LogFormat == "JSON", Level: log.ApplicationLogLevel},
		})
	case logGroup:
		var p struct{ FieldIndexPolicies []struct{ Fields []string } }
		t.read(id, &p, "FieldIndexPolicies")
		for _, policy := range p.FieldIndexPolicies {
			d.Indexed[name] = append(d.Indexed[name], policy.Fields...)
		}
	case dashboard:
		var p struct{ DashboardBody string }
		t.read(id, &p, "DashboardBody")
		strict([]byte(p.DashboardBody), &d.Dashboard)
	case metricFilter:
		var f MetricFilter
		t.read(id, &f)
		f.parse()
		d.Filters = append(d.Filters, f)
	case alarm:
		a := Alarm{Name: name, ARN: t.arn(id)}
		t.read(id, &a)
		d.Alarms = append(d.Alarms, a)
	}
	return nil
}

// Types of resources.
const (
	lambdaFunction = "AWS::Lambda::Function"
	logGroup       = "AWS::Logs::LogGroup"
	metricFilter   = "AWS::Logs::MetricFilter"
	alarm          = "AWS::CloudWatch::Alarm"
	dashboard      = "AWS::CloudWatch::Dashboard"
)

type template struct {
	Resources map[string]struct {
		Type       string
		Properties map[string]any
	}
	Conditions map[string]any
	partition  string
}

// read resolves some properties of a resource, or all, and reads them into a
// struct that has to have a field for each.
func (t *template) read(id string, into any, properties ...string) {
	picked := map[string]any{}
	for name, value := range t.Resources[id].Properties {
		if len(properties) == 0 || slices.Contains(properties, name) {
			picked[name] = t.resolve(value)
		}
	}
	reread(picked, into)
}

// resolve returns what a value becomes when it is deployed.
func (t *template) resolve(value any) any {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, v := range value {
			if len(value) == 1 && (key == "Ref" || strings.HasPrefix(key, "Fn::")) {
				return t.call(key, v)
			}
			all[key] = t.resolve(v)
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, v := range value {
			all[i] = t.resolve(v)
		}
		return all
	}
	return value
}

// call evaluates a function of CloudFormation.
func (t *template) call(function string, argument any) any {
	args, isList := argument.([]any)
	if isList && function == "Fn::If" && len(args) == 3 {
		switch t.resolve(t.Conditions[fmt.Sprint(args[0])]) {
		case true:
			return t.resolve(args[1])
		case false:
			return t.resolve(args[2])
		}
	}
	if !isList {
		args = []any{argument}
	}
	args = t.resolve(args).([]any)
	first, second := fmt.Sprint(args[0]), fmt.Sprint(args[len(args)-1])
	list, _ := args[len(args)-1].([]any)
	switch {
	case function == "Ref":
		return t.ref(first)
	case function == "Fn::GetAtt" && second == "Arn":
		return t.arn(first)
	case function == "Fn::Equals" && len(args) == 2:
		return first == second
	case function == "Fn::Join":
		var joined strings.Builder
		for i, part := range list {
			if i > 0 {
				joined.WriteString(first)
			}
			fmt.Fprint(&joined, part)
		}
		return joined.String()
	case function == "Fn::Split" && list == nil:
		var parts []any
		for part := range strings.SplitSeq(second, first) {
			parts = append(parts, part)
		}
		return parts
	case function == "Fn::Select":
		if i, err := strconv.Atoi(first); err == nil && i >= 0 && i < len(list) {
			return list[i]
		}
	}
	fail("what does this become when it is deployed: %s of %v", function, argument)
	return nil
}

func (t *template) ref(id string) string {
	switch id {
	case "AWS::Region":
		return Region
	case "AWS::AccountId":
		return Account
	case "AWS::Partition":
		return t.partition
	case "AWS::StackName":
		return StackName
	}
	return t.name(id)
}

// name is the name that a resource has, or one as CloudFormation makes up.
func (t *template) name(id string) string {
	r, ok := t.Resources[id]
	if !ok {
		fail("a reference to %q, which is not in the template", id)
	}
	property := map[string]string{
		lambdaFunction: "FunctionName", logGroup: "LogGroupName", alarm: "AlarmName", dashboard: "DashboardName",
	}[r.Type]
	if name := r.Properties[property]; name != nil {
		return fmt.Sprint(t.resolve(name))
	}
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf("%s-%s-%X", StackName, id, sum[:6])
}

func (t *template) arn(id string) string {
	service, kind := "", ""
	switch t.Resources[id].Type {
	case lambdaFunction:
		service, kind = "lambda", "function"
	case alarm:
		service, kind = "cloudwatch", "alarm"
	}
	return strings.Join([]string{"arn", t.partition, service, Region, Account, kind, t.name(id)}, ":")
}

// strict reads JSON in which nothing may be unknown.
func strict(text []byte, into any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	check(d.Decode(into))
}

// reread reads parsed JSON into another shape, in which nothing may be unknown.
func reread(v, into any) {
	text, err := json.Marshal(v)
	check(err)
	strict(text, into)
}

// A problem is why something cannot be evaluated. It is the value of a panic, of
// which catch makes an error.
type problem struct{ error }

func fail(format string, args ...any) { panic(problem{fmt.Errorf(format, args...)}) }

func check(err error) {
	if err != nil {
		panic(problem{err})
	}
}

// catch is deferred. It makes an error of a problem with what is named.
func catch(err *error, name string) {
	switch p := recover().(type) {
	case nil:
	case problem:
		*err = fmt.Errorf("%s: %w", name, p.error)
	default:
		panic(p)
	}
}
