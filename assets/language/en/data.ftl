### Datasets and files.
