"""One training, or many: jobs, outcomes, precision, and the engines that carry them out."""
