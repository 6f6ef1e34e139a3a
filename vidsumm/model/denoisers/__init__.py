"""The denoisers f(C(u_t), t, Z): from noised scores, time and video to hidden states (paper section 3.2).

They know neither the noise schedule nor how a video is encoded.
"""
