select val * 3
