"""From a row of a motion index to a clip, for every product that is made of motion."""
