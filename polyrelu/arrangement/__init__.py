"""The cells of a central arrangement: flats are cut downwards, witnesses are lifted upwards."""
