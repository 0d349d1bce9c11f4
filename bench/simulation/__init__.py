"""Two years of a small network day by day, once under the rules of the app and once under a plain minimum/maximum."""
