"""The scenes of the example film, and the tools that draw them and make their sound."""
