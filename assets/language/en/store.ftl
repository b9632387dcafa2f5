### A run's folder.
