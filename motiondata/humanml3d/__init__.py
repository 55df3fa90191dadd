"""HumanML3D's index, splits and captions, and its rules of cutting recordings into clips."""
