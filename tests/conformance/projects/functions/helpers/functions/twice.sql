select val * 30
