"""The diffusion process: noise schedule, samplers and guidance as pure functions on tensors.

It knows no video and no network: a denoiser is any function of the noised scores and the step.
"""
