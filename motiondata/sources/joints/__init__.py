"""Files of joint positions and of motion features, as recordings of a fitted body."""
