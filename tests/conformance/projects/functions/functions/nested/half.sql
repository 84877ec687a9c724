select val / 2
