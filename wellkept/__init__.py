"""What all of Wellkept shares: paths, settings, the clock, landing, the warehouse and editions."""

__version__ = "0.1.0"
