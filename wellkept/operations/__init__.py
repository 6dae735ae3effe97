"""What keeps a home going: founding, configuration, migrations, doctor, status."""
