module leat.bench/peers

go 1.23
