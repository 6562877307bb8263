"""Pure rules of the catalog: parsing feeds and media files."""
