### Hardware readings.
