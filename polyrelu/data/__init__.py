"""What comes in and goes out: tables, numbers, files, and the one exact `Problem` they become."""
