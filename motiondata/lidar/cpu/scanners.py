"""Make the scanner of a sensor: for a fixed grid of rays, or for a scan pattern."""

from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.cpu.scattered import PatternScanner
from motiondata.lidar.sensor import Sensor


def make_scanner(sensor: Sensor) -> Scanner | PatternScanner:
    """Return a scanner for any sensor."""
    return Scanner(sensor) if sensor.pattern is None else PatternScanner(sensor)
