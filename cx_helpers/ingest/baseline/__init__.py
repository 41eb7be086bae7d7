"""What the data can and cannot answer: arrival, coverage, response, silence, voices."""
