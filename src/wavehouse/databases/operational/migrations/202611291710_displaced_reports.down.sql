DROP TABLE sponsorship.displaced_conversions;
