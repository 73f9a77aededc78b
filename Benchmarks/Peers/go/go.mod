module securechannel/benchmarks/peers/go

go 1.19
