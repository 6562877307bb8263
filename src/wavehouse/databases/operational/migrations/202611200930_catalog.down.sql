DROP TABLE catalog.enclosures;
DROP TABLE catalog.episodes;
DROP TABLE catalog.podcasts;
