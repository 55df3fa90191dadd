"""Evaluating captions: how like people's they are, how much they tell, and what comes for free."""
