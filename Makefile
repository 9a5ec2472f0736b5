# Everything a developer or a CI machine does here. `make kafka KAFKA_PORT=9192` chooses the port.

.PHONY: kafka kafka-stop

## A Kafka broker on 127.0.0.1:9092, from Maven artifacts; runs until `make kafka-stop`.
kafka:
	@tools/kafka/kafka.sh start

## Ends the broker that `make kafka` started; its data stay in .kafka/.
kafka-stop:
	@tools/kafka/kafka.sh stop
