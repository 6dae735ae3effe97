"""What one deployment decides: settings, paths, connections, permissions, clock, errors, log, alerts."""
