"""The names of the devices that can compute samples."""

CPU, CUDA = "cpu", "cuda"
SCAN_DEVICES = (CPU, CUDA)
