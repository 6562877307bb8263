DROP TABLE catalog.transcripts;
