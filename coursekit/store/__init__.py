"""Data on this machine: choose a data set, download it, keep it in the cache."""
