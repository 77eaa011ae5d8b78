"""Mixed load with faults, for as long as one likes: is every response accounted for, and does nothing grow?

python -m benchmarks.soak --seconds 1800
"""
