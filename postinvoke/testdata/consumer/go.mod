module example.org/consumer

go 1.26.0

require (
	example.com/postinvoke v0.0.0
	github.com/aws/aws-lambda-go v1.55.1
)

replace example.com/postinvoke => ../../..
