DROP TABLE sponsorship.reports;
DROP TABLE sponsorship.credits;
DROP TABLE sponsorship.attribution_evidence;
DROP TABLE sponsorship.conversions;
DROP TABLE sponsorship.promo_codes;
DROP TABLE sponsorship.campaigns;
DROP TABLE sponsorship.sponsors;
