"""Networks of other libraries, in and out. Nothing here is imported by the rest of the package but the command line."""
