"""The diffusion process: noise schedule, sampler and guidance as pure functions on tensors.

A denoiser is any function of the noised logits and the time here; the network is in `vidsumm.model`.
"""
