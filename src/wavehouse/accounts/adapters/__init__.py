"""What ``accounts`` asks of other servers."""
