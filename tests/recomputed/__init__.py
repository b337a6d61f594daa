"""The figures of a report by other means than the program's; see ../recompute.py."""
