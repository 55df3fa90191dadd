"""All comparisons of kernels: `python -m benchmarks`, or `make bench`."""

from benchmarks import posing, scanning

posing.main()
scanning.main()
