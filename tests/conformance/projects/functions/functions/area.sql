select a
