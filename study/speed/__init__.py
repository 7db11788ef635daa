"""Speed and memory of the oracle and the methods on this machine, beside plain references and other libraries."""
