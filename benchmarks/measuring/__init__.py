"""What the benchmark programs share: tasks, methods, fresh processes, records, tables."""
