module sluice.dev/localkube/pause

go 1.26.0
