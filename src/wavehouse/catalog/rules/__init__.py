"""Pure rules of the catalog: what a feed says, and what the bytes of a media file say."""
