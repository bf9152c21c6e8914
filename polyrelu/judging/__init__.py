"""What can be asked of a given network: is it optimal, is it stationary, how far off is it?"""
