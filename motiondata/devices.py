"""The names of the devices that compute."""

CPU, CUDA = "cpu", "cuda"
SCAN_DEVICES = (CPU, CUDA)
"""Devices that pose, scan and sample. The choice is a parameter of the dataset."""
AUTO = "auto"
"""A GPU if there is one, else the CPU."""
TRAINING_DEVICES = (AUTO, *SCAN_DEVICES)
"""Devices that train, caption and evaluate."""
