"""The pipeline that makes an episode: its steps are stored, paid once, and resumable."""
