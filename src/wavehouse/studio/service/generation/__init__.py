"""The pipeline that generates an episode: its steps are stored, paid once, and resumable."""
