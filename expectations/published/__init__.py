"""What is expected of what goes out: one module a table, named after it."""
