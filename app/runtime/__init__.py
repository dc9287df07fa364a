"""The process runtime: diagrams decide, verbs change, one transaction commits both, jobs tell the outside world."""
