"""Tables: which columns and rows are what, and how a network takes them."""
