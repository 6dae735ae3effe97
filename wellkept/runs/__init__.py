"""One run of one day, and the record it leaves."""
