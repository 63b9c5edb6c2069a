"""The momentum of batch normalisation's moving averages."""

BATCH_MOMENTUM = 0.9
"""Default of our layers and builders; Keras' own is 0.99.

Moving averages start at mean 0 and variance 1 and reach the data's after some 1 / (1 - momentum)
batches. A small data set has few batches an epoch (34 on the digits), so with 0.99 the first
epochs are validated with statistics that are not there yet: networks that fit well score at
chance, and a study would prune them.
"""
