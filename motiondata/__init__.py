"""What a motion is, where it comes from, and how a LiDAR sees it.

No Ray, no tar files and no command line here. Nothing heavy is imported by this package itself, so
that the command line starts at once: import what you need from its modules.
"""

__version__ = "0.2.0"
