"""The report of a training: its curves, alarms and sample captions in one HTML page."""
