"""The benchmark's files: features and annotations in the eccv16 HDF5 layout, and splits."""
