"""Motion as the arrays that text-to-motion trainers read: 263, 251 and 272 numbers a frame."""
