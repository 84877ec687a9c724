select val * 2
