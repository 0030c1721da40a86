module tributary/clickhouse-client

go 1.24
