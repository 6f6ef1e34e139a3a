"""The scenes of the example film and what they are drawn and sounded with."""
