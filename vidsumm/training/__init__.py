"""Learning a SummDiff network from annotated videos."""
