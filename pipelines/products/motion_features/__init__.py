"""Motion features of clips: 263, 251 or 272 numbers a frame, or joints."""
