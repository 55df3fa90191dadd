"""From a row of a motion index to a clip, for all products that are made from motion."""
