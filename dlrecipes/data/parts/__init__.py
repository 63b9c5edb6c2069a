"""What is learned from and tested on: parts, their inputs, the seal and its ledger."""
