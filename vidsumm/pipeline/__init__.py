"""The main job: one video in, several summaries out; `vidsumm.pipeline.summarizer` runs the stages in order.

It joins the packages below it, each of which can be used alone, and does not depend on the command line.
"""
