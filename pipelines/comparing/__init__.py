"""Two performances compared: aligned in time, and the angles between their bones."""
