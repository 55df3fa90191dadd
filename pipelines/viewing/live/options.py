"""Defaults of the viewer. The command line takes them from here."""

HOST = "127.0.0.1"
"""Loopback: nobody else on the network sees the page."""
PORT = 8747
