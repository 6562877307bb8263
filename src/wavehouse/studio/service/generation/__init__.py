"""The pipeline that makes an episode: steps that are kept, paid once, and can be resumed."""
