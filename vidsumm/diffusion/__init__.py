"""The forward process, the samplers and guidance as pure functions on tensors: no video and no network in here."""
