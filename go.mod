module example.com/postinvoke

go 1.26

require github.com/aws/aws-lambda-go v1.55.1

// The CDK command line tool ships Go templates that do not compile.
ignore ./node_modules
