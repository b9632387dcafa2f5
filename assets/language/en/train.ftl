### Networks, devices, weights.
