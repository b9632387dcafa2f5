### Transforms and chains.
