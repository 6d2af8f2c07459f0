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
	ID      string // in the template
	Name    string
	Group   string // its log group
	Log     lambdalog.Settings
	Timeout time.Duration
}

// Deploy resolves a template.
func Deploy(text []byte) (*Deployment, error) { return DeployIn(text, "aws") }

// DeployIn resolves a template in one of AWS's partitions, such as aws-cn.
func DeployIn(text []byte, partition string) (*Deployment, error) {
	t := template{partition: partition}
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	d := &Deployment{Indexed: map[string][]string{}}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if err := d.add(&t, id); err != nil {
			return nil, fmt.Errorf("resource %s: %w", id, err)
		}
	}
	return d, nil
}

func (d *Deployment) add(t *template, id string) error {
	name, err := t.name(id)
	if err != nil {
		return err
	}
	switch t.Resources[id].Type {
	case lambdaFunction:
		var p struct {
			Timeout       int
			LoggingConfig struct{ LogFormat, LogGroup, ApplicationLogLevel, SystemLogLevel string }
		}
		p.Timeout, p.LoggingConfig.LogGroup = 3, "/aws/lambda/"+name // Lambda's defaults
		err = t.read(id, &p, "Timeout", "LoggingConfig")
		log := p.LoggingConfig
		d.Functions = append(d.Functions, Function{
			ID: id, Name: name, Group: log.LogGroup, Timeout: time.Duration(p.Timeout) * time.Second,
			Log: lambdalog.Settings{JSON: log.LogFormat == "JSON", Level: log.ApplicationLogLevel},
		})
	case logGroup:
		var p struct{ FieldIndexPolicies []struct{ Fields []string } }
		err = t.read(id, &p, "FieldIndexPolicies")
		for _, policy := range p.FieldIndexPolicies {
			d.Indexed[name] = append(d.Indexed[name], policy.Fields...)
		}
	case dashboard:
		var p struct{ DashboardBody string }
		if err = t.read(id, &p, "DashboardBody"); err == nil {
			d.Dashboard, err = parseBody(p.DashboardBody)
		}
	case metricFilter:
		var f MetricFilter
		if err = t.read(id, &f); err == nil {
			err = f.parse()
		}
		d.Filters = append(d.Filters, f)
	case alarm:
		a := Alarm{Name: name, ARN: t.arn(id, name)}
		err = t.read(id, &a)
		d.Alarms = append(d.Alarms, a)
	}
	return err
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
func (t *template) read(id string, into any, properties ...string) error {
	picked := map[string]any{}
	for name, value := range t.Resources[id].Properties {
		if len(properties) == 0 || slices.Contains(properties, name) {
			picked[name] = value
		}
	}
	resolved, err := t.resolve(picked)
	if err != nil {
		return err
	}
	return reread(resolved, into)
}

// resolve returns what a value becomes when it is deployed.
func (t *template) resolve(value any) (resolved any, err error) {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, v := range value {
			if len(value) == 1 && (key == "Ref" || strings.HasPrefix(key, "Fn::")) {
				return t.call(key, v)
			}
			if all[key], err = t.resolve(v); err != nil {
				return nil, err
			}
		}
		return all, nil
	case []any:
		all := make([]any, len(value))
		for i, v := range value {
			if all[i], err = t.resolve(v); err != nil {
				return nil, err
			}
		}
		return all, nil
	}
	return value, nil
}

// call evaluates a function of CloudFormation.
func (t *template) call(function string, argument any) (any, error) {
	unknown := fmt.Errorf("what does this become when it is deployed: %s of %v", function, argument)
	if args, ok := argument.([]any); ok && function == "Fn::If" && len(args) == 3 {
		holds, err := t.resolve(t.Conditions[fmt.Sprint(args[0])])
		switch {
		case err != nil:
			return nil, err
		case holds == true:
			return t.resolve(args[1])
		case holds == false:
			return t.resolve(args[2])
		}
		return nil, unknown
	}
	resolved, err := t.resolve(argument)
	if err != nil {
		return nil, err
	}
	if function == "Ref" {
		return t.ref(fmt.Sprint(resolved))
	}
	args, _ := resolved.([]any)
	if len(args) != 2 {
		return nil, unknown
	}
	first, second := fmt.Sprint(args[0]), fmt.Sprint(args[1])
	list, isList := args[1].([]any)
	switch {
	case function == "Fn::GetAtt" && second == "Arn":
		name, err := t.name(first)
		return t.arn(first, name), err
	case function == "Fn::Equals" && !isList:
		return first == second, nil
	case function == "Fn::Join" && isList:
		var parts []string
		for _, part := range list {
			parts = append(parts, fmt.Sprint(part))
		}
		return strings.Join(parts, first), nil
	case function == "Fn::Split" && !isList:
		var parts []any
		for _, part := range strings.Split(second, first) {
			parts = append(parts, part)
		}
		return parts, nil
	case function == "Fn::Select" && isList:
		if i, err := strconv.Atoi(first); err == nil && i >= 0 && i < len(list) {
			return list[i], nil
		}
	}
	return nil, unknown
}

func (t *template) ref(id string) (string, error) {
	switch id {
	case "AWS::Region":
		return Region, nil
	case "AWS::AccountId":
		return Account, nil
	case "AWS::Partition":
		return t.partition, nil
	case "AWS::StackName":
		return StackName, nil
	}
	return t.name(id)
}

// name is the name that a resource has, or one as CloudFormation makes up.
func (t *template) name(id string) (string, error) {
	r, ok := t.Resources[id]
	if !ok {
		return "", fmt.Errorf("a reference to %q, which is not in the template", id)
	}
	property := map[string]string{
		lambdaFunction: "FunctionName", logGroup: "LogGroupName", alarm: "AlarmName", dashboard: "DashboardName",
	}[r.Type]
	if name := r.Properties[property]; name != nil {
		resolved, err := t.resolve(name)
		return fmt.Sprint(resolved), err
	}
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf("%s-%s-%X", StackName, id, sum[:6]), nil
}

func (t *template) arn(id, name string) string {
	switch t.Resources[id].Type {
	case lambdaFunction:
		return fmt.Sprintf("arn:%s:lambda:%s:%s:function:%s", t.partition, Region, Account, name)
	case alarm:
		return fmt.Sprintf("arn:%s:cloudwatch:%s:%s:alarm:%s", t.partition, Region, Account, name)
	}
	return "arn:" + t.partition + ":" + name
}

// strict reads JSON in which nothing may be unknown.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// reread reads parsed JSON into another shape, in which nothing may be unknown.
func reread(v, into any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return strict(text, into)
}
