"""HumanML3D: index, splits, captions, and the rules that cut recordings into clips."""
