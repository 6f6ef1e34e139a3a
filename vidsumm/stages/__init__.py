"""The steps of the main job that bring several packages together; `vidsumm.pipeline` puts them in a row."""
