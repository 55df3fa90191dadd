"""HumanML3D: index, splits, captions, and its rules for cutting recordings into clips."""
